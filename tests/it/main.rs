//! Everything that is tested from outside, in one program: it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod cli;
mod common;
mod golden;
mod models;
mod properties;
mod service;
mod shared;
