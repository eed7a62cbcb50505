//! Answers of a stream that wait to be read, in the memory that the limits are reckoned with.

use prost::Message;
use tonic::Status;

use super::{pb, status};

/// An answer of more bytes waits encoded: as a message with all its evidence it takes two to three times as much.
const LARGE: usize = 64 * 1024;

/// An answer until its turn comes.
#[derive(Debug)]
pub(super) enum Held {
    Message(Box<pb::StreamTagDocumentsResponse>),
    Encoded(Vec<u8>),
}

impl Held {
    pub fn new(answer: pb::StreamTagDocumentsResponse) -> Self {
        if answer.encoded_len() > LARGE {
            Self::Encoded(answer.encode_to_vec())
        } else {
            Self::Message(Box::new(answer))
        }
    }

    /// The answer, to be sent now.
    ///
    /// # Errors
    /// INTERNAL if what was encoded does not decode.
    pub fn open(self) -> Result<pb::StreamTagDocumentsResponse, Status> {
        match self {
            Self::Message(answer) => Ok(*answer),
            Self::Encoded(bytes) => Message::decode(bytes.as_slice()).map_err(|_| status::defect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_out_as_it_went_in() {
        for (size, encoded) in [(10, false), (LARGE, true)] {
            let result = pb::TagResult { id: "a".repeat(size), outcome: None };
            let answer = pb::StreamTagDocumentsResponse { result: Some(result), model: None };
            let held = Held::new(answer.clone());
            assert_eq!(matches!(held, Held::Encoded(_)), encoded);
            assert_eq!(held.open().unwrap(), answer);
        }
    }
}
