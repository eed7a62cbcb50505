//! The protobuf codec, which counts fields before it decodes: an empty document is two bytes on the wire and a hundred in
//! memory. Everything else is tonic-prost's; `guard` says of what does not decode that it is the client's mistake.

use std::cell::Cell;

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use tonic::Status;
use tonic::codec::{BufferSettings, DecodeBuf, Decoder};
use tonic_prost::ProstCodec;

/// As [`ProstCodec`], for messages of few fields.
#[derive(Debug)]
pub struct Codec<T, U>(ProstCodec<T, U>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(ProstCodec::new())
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: prost::Message + Send + 'static,
    U: prost::Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = <ProstCodec<T, U> as tonic::codec::Codec>::Encoder;
    type Decoder = Counted<<ProstCodec<T, U> as tonic::codec::Codec>::Decoder>;

    fn encoder(&mut self) -> Self::Encoder {
        self.0.encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        Counted(self.0.decoder())
    }
}

/// A decoder that refuses messages of many fields.
#[derive(Debug)]
pub struct Counted<D>(D);

impl<D: Decoder<Error = Status>> Decoder for Counted<D> {
    type Item = D::Item;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        // One message is one stretch of memory.
        if !is_small(buffer.chunk()) {
            return Err(super::status::many_fields(MAX_FIELDS));
        }
        self.0.decode(buffer)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// Most fields of a message, and of its options with all that is in them.
const MAX_FIELDS: usize = 65_536;

/// The field that holds the options in every request that has some.
const OPTIONS: u32 = 2;

/// How deep messages with repeated fields lie in each other from the options on: the options, an axis of their priors, its
/// labels. What lies deeper is counted by the field that holds it.
const OPTIONS_DEPTH: usize = 3;

/// Whether a message and its options have few fields. Options that come several times are put together, so they share what
/// they may have.
fn is_small(message: &[u8]) -> bool {
    let (left, left_in_options) = (Cell::new(MAX_FIELDS), Cell::new(MAX_FIELDS));
    counts(message, &left, &|field, content| {
        field != OPTIONS || counts_within(content, &left_in_options, OPTIONS_DEPTH)
    })
}

/// As [`counts`], with the fields of whatever may be a message down to this depth.
fn counts_within(message: &[u8], left: &Cell<usize>, depth: usize) -> bool {
    depth == 0 || counts(message, left, &|_, content| counts_within(content, left, depth - 1))
}

/// Whether so many fields are `left` as a message has, and `inside` says yes to each that may be a message. Says yes where the
/// message is malformed: decoding it says more, and stops there, too.
fn counts(mut message: &[u8], left: &Cell<usize>, inside: &dyn Fn(u32, &[u8]) -> bool) -> bool {
    while message.has_remaining() {
        let Some(fewer) = left.get().checked_sub(1) else { return false };
        left.set(fewer);
        let Ok((field, wire_type)) = decode_key(&mut message) else { return true };
        if wire_type != WireType::LengthDelimited {
            if skip_field(wire_type, field, &mut message, DecodeContext::default()).is_err() {
                return true;
            }
            continue;
        }
        let length = decode_varint(&mut message).ok().and_then(|length| usize::try_from(length).ok());
        let Some((content, rest)) = length.and_then(|length| message.split_at_checked(length)) else { return true };
        if !inside(field, content) {
            return false;
        }
        message = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::service::pb;

    #[test]
    fn fields_are_counted_before_they_cost_memory() {
        let documents = |n| pb::BatchTagDocumentsRequest { documents: vec![pb::Document::default(); n], options: None };
        assert!(is_small(&documents(MAX_FIELDS).encode_to_vec()));
        assert!(!is_small(&documents(MAX_FIELDS + 1).encode_to_vec()));
        let options = pb::TagOptions { axes: vec![String::new(); MAX_FIELDS + 1], ..pb::TagOptions::default() };
        let request = pb::TagDocumentRequest { document: None, options: Some(options) };
        assert!(!is_small(&request.encode_to_vec()));
        assert!(is_small(b"") && is_small(&[0xff; 40]));
        // What a caller may ask for at most (`convert`) is far from the limit.
        let name = |i: usize| format!("{}{i}", "a".repeat(40));
        let shares = || pb::Priors { labels: (0..64).map(|i| (name(i), 0.01)).collect() };
        let priors = (0..64).map(|i| (name(i), shares())).collect();
        let options = pb::TagOptions { axes: (0..64).map(name).collect(), priors, ..pb::TagOptions::default() };
        assert!(is_small(&pb::TagDocumentRequest { document: None, options: Some(options) }.encode_to_vec()));
    }
}
