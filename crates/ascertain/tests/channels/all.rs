//! The channels, each with real parts and with the verifiers of others: webhooks, electronic mail, and what may be reached.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that meets something else than it expects is to stop there"
)]

mod addresses;
mod certificates;
mod mail_dkim;
mod mail_message;
mod mail_server;
mod mail_smtp;
mod mail_tools;
mod posts;
mod receiver;
mod signatures;
