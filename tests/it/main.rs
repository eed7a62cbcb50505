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

mod batch;
mod batch_inputs;
mod batch_large;
mod batch_services;
mod bench;
mod cli;
mod codes;
mod common;
mod evaluation;
mod golden;
mod hostile;
mod inputs;
mod lifecycle;
mod models;
mod noise;
mod output_fields;
mod overload;
mod process;
mod properties;
mod readme;
mod reference;
mod reload;
mod security;
mod service;
mod shared;
mod telemetry;
mod unread;
