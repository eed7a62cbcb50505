//! The protobuf codec, with the client's mistakes named as such.
//!
//! tonic answers a message that does not decode (invalid UTF-8 in a text, say) with INTERNAL. It is the client's
//! doing, so this codec answers `INVALID_ARGUMENT`. Everything else is tonic-prost's.

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
        self.0.decode(buffer).map_err(|status| super::status::undecodable(status.message()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}
