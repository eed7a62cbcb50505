//! Bearer tokens: who may call, and who may change the models.
//!
//! A file holds one token a line; empty lines and lines that begin with `#` are passed over. Several tokens let old and
//! new stand side by side while clients change over. Health checks need none: an orchestrator has none.

use std::fs;
use std::path::{Path, PathBuf};

use arc_swap::ArcSwap;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use tonic::Status;

use super::methods::Method;
use super::status;
use crate::{Error, Result};

/// Shortest token accepted, in bytes: what is shorter can be guessed.
const MIN_TOKEN_BYTES: usize = 16;

/// Files of `[auth]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenFiles {
    /// Tokens of callers. None set: every caller may call.
    pub token_file: Option<PathBuf>,
    /// Tokens of operators, who may also call the admin service.
    pub admin_token_file: Option<PathBuf>,
}

/// SHA-256 of each token: all are of one length, so a comparison's time tells nothing.
type Digests = Vec<[u8; 32]>;

/// The tokens of one file.
#[derive(Debug)]
struct Ring {
    file: PathBuf,
    current: ArcSwap<Digests>,
}

impl Ring {
    fn read(field: &'static str, file: Option<&PathBuf>) -> Result<Option<Self>> {
        let ring =
            |file: &PathBuf| Ok(Self { file: file.clone(), current: ArcSwap::from_pointee(digests(field, file)?) });
        file.map(ring).transpose()
    }

    /// Looks at every token, whether or not one has fitted.
    fn holds(&self, digest: &[u8; 32]) -> bool {
        let none = Choice::from(0);
        self.current.load().iter().fold(none, |found, known| found | known.as_slice().ct_eq(digest.as_slice())).into()
    }
}

/// Who may do what.
#[derive(Debug)]
pub(super) struct Tokens {
    callers: Option<Ring>,
    operators: Option<Ring>,
}

impl Tokens {
    pub fn read(files: &TokenFiles) -> Result<Self> {
        Ok(Self {
            callers: Ring::read("auth.token_file", files.token_file.as_ref())?,
            operators: Ring::read("auth.admin_token_file", files.admin_token_file.as_ref())?,
        })
    }

    /// Reads the files again; on an error nothing changes.
    pub fn reload(&self) -> Result<()> {
        let fresh = Self::read(&TokenFiles {
            token_file: self.callers.as_ref().map(|ring| ring.file.clone()),
            admin_token_file: self.operators.as_ref().map(|ring| ring.file.clone()),
        })?;
        for (ring, fresh) in [(&self.callers, fresh.callers), (&self.operators, fresh.operators)] {
            if let (Some(ring), Some(fresh)) = (ring, fresh) {
                ring.current.store(fresh.current.into_inner());
            }
        }
        Ok(())
    }

    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.callers.iter().chain(&self.operators).map(|ring| &ring.file)
    }

    /// Whether a call may go on.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token that is known, `PERMISSION_DENIED` for a caller's token on the admin service.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Status> {
        let wanted = if method.is_admin() { &self.operators } else { &self.callers };
        if wanted.is_none() || method.is_health() {
            return Ok(());
        }
        let token = headers.get(header::AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
        let Some(token) = token else { return Err(status::unauthenticated("the call has no bearer token")) };
        let digest = Sha256::digest(token).into();
        let is = |ring: &Option<Ring>| ring.as_ref().is_some_and(|ring| ring.holds(&digest));
        match (is(&self.operators), is(&self.callers)) {
            (true, _) => Ok(()),
            (false, true) if !method.is_admin() => Ok(()),
            (false, true) => Err(status::permission_denied()),
            (false, false) => Err(status::unauthenticated("the bearer token is not known")),
        }
    }
}

/// The token of `Bearer TOKEN`, whose scheme is of any case (RFC 9110, 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// The tokens that a file lists.
pub(crate) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn digests(field: &'static str, file: &Path) -> Result<Digests> {
    let wrong = |reason: String| Error::invalid(field, format!("{}: {reason}", file.display()));
    let text = fs::read_to_string(file).map_err(|e| wrong(e.to_string()))?;
    let digests: Digests = listed(&text)
        .enumerate()
        .map(|(nr, token)| {
            if token.len() < MIN_TOKEN_BYTES {
                return Err(wrong(format!("token {} is shorter than {MIN_TOKEN_BYTES} bytes", nr + 1)));
            }
            Ok(Sha256::digest(token).into())
        })
        .collect::<Result<_>>()?;
    if digests.is_empty() {
        return Err(wrong("holds no token".to_owned()));
    }
    Ok(digests)
}
