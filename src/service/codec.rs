//! The protobuf codec, with the client's mistakes named as such.
//!
//! tonic answers a message that does not decode (invalid UTF-8 in a text, say) with INTERNAL. It is the client's
//! doing, so this codec answers `INVALID_ARGUMENT`. It also counts fields before it decodes: an empty document is two bytes
//! on the wire and a hundred in memory. Everything else is tonic-prost's.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use tonic::Status;
use tonic::codec::{BufferSettings, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic_prost::ProstCodec;

/// As [`ProstCodec`], with decode errors as `INVALID_ARGUMENT`.
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
    type Encoder = Checked<<ProstCodec<T, U> as tonic::codec::Codec>::Encoder>;
    type Decoder = Checked<<ProstCodec<T, U> as tonic::codec::Codec>::Decoder>;

    fn encoder(&mut self) -> Self::Encoder {
        Checked(self.0.encoder())
    }

    fn decoder(&mut self) -> Self::Decoder {
        Checked(self.0.decoder())
    }
}

/// An encoder or decoder whose decode errors are `INVALID_ARGUMENT`.
#[derive(Debug)]
pub struct Checked<C>(C);

impl<C: Encoder<Error = Status>> Encoder for Checked<C> {
    type Item = C::Item;
    type Error = Status;

    fn encode(&mut self, item: Self::Item, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        self.0.encode(item, buffer)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

impl<C: Decoder<Error = Status>> Decoder for Checked<C> {
    type Item = C::Item;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        // One message is one stretch of memory.
        if !is_small(buffer.chunk()) {
            return Err(super::status::many_fields(MAX_FIELDS));
        }
        self.0.decode(buffer).map_err(|status| super::status::undecodable(status.message()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// Most fields of a message, and of its options.
const MAX_FIELDS: usize = 65_536;

/// The field that holds the options in every request that has some.
const OPTIONS: u32 = 2;

/// Whether a message and its options have few fields.
fn is_small(message: &[u8]) -> bool {
    has_few_fields(message, |field, content| field != OPTIONS || has_few_fields(content, |_, _| true))
}

/// Whether a message has at most [`MAX_FIELDS`] fields, and `inside` says yes to each that may be a message. Says yes where the
/// message is malformed: decoding it says more.
fn has_few_fields(mut message: &[u8], inside: impl Fn(u32, &[u8]) -> bool) -> bool {
    let mut count = 0;
    while message.has_remaining() {
        count += 1;
        if count > MAX_FIELDS {
            return false;
        }
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
    }
}
