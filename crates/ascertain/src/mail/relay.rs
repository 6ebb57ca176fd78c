//! What is known of a relay beforehand: its name, how to be safe with it, whom to trust, how long to wait.
//!
//! It opens nothing. A password is never shown.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use super::{Wrong, wrong};

/// A relay: the mail server that takes messages from us.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Its name, as in its certificate; or an IP address.
    pub host: String,
    /// Its port; 587 with STARTTLS, 465 with TLS from the start.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// The user, if it asks for one.
    #[serde(default)]
    pub user: Option<String>,
    /// The password of the user.
    #[serde(default)]
    pub password: Option<Password>,
    /// The name we greet with.
    pub ehlo: String,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It begins in plain text and must turn to TLS before anything else.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// Never: only to an address of this machine or of a private network; a password only to this machine.
    None,
}

/// A password. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

/// How long each step of a session may take; every limit is for a whole reply or a whole write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the TCP connection, and for the TLS handshake.
    pub connect: Duration,
    /// For the greeting.
    pub greeting: Duration,
    /// For the reply to each command.
    pub command: Duration,
    /// For the relay to take the whole message.
    pub body: Duration,
    /// For the reply to the final dot. Too short a limit leaves messages in doubt that were accepted.
    pub acceptance: Duration,
}

/// Whose certificates are believed.
#[derive(Debug, Clone)]
pub struct Trust(pub(super) Arc<ClientConfig>);

// Spec: RFC 5321 § 4.5.3.2, which gives the least a client should wait.
impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_mins(5),
            command: Duration::from_mins(5),
            body: Duration::from_mins(3),
            acceptance: Duration::from_mins(10),
        }
    }
}

impl Password {
    /// Keeps a password.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(not shown)")
    }
}

impl Relay {
    /// Checks what can be checked without a connection.
    ///
    /// # Errors
    /// `relay.host`, `relay.user`, `relay.password` or `relay.ehlo`.
    pub fn check(&self) -> Result<(), Wrong> {
        self.server_name()?;
        let ehlo = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
        if self.ehlo.is_empty() || self.ehlo.len() > 255 || !self.ehlo.bytes().all(ehlo) {
            return Err(wrong("relay.ehlo", "must be the domain name of this machine, or `[its address]`"));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(wrong(
                "relay.password",
                "a user needs a password, and a password a user: give both or none",
            ));
        }
        // Spec: RFC 4616 § 2: NUL parts the fields of AUTH PLAIN.
        let bad = |text: &str| text.is_empty() || text.len() > 255 || text.contains(char::is_control);
        if self.user.as_deref().is_some_and(bad) {
            return Err(wrong("relay.user", "must be 1 to 255 octets without control characters"));
        }
        if self.password.as_ref().is_some_and(|p| bad(p.reveal())) {
            return Err(wrong("relay.password", "must be 1 to 255 octets without control characters"));
        }
        Ok(())
    }

    /// Whether the rules for a connection without TLS allow this peer.
    pub(super) fn allows(&self, peer: IpAddr) -> Result<(), &'static str> {
        let peer = peer.to_canonical();
        match self.tls {
            Tls::StartTls | Tls::Implicit => Ok(()),
            Tls::None if !is_near(peer) => Err(
                "the relay is not on this machine or a private network: set `tls` to `starttls` or `implicit`",
            ),
            Tls::None if self.password.is_some() && !peer.is_loopback() => Err(
                "a password is sent without TLS only on this machine: set `tls` to `starttls` or `implicit`",
            ),
            Tls::None => Ok(()),
        }
    }

    pub(super) fn server_name(&self) -> Result<ServerName<'static>, Wrong> {
        let name = ServerName::try_from(self.host.clone());
        name.map_err(|_| wrong("relay.host", "must be a domain name (in punycode) or an IP address"))
    }
}

fn is_near(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

impl Trust {
    /// The roots that browsers trust.
    ///
    /// # Errors
    /// Never, unless the TLS library has none of its own protocol versions.
    pub fn public() -> Result<Self, Wrong> {
        Self::roots(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// Only the certificates of a PEM file: for a relay with an authority of its own.
    ///
    /// # Errors
    /// It holds none, or one that cannot be read.
    pub fn only(pem: &[u8]) -> Result<Self, Wrong> {
        let bad = || wrong("relay.roots", "is not a PEM file of one or more certificates");
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            store.add(certificate.map_err(|_| bad())?).map_err(|_| bad())?;
        }
        if store.is_empty() { Err(bad()) } else { Self::roots(store) }
    }

    fn roots(store: RootCertStore) -> Result<Self, Wrong> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| wrong("relay.roots", e.to_string()))?;
        Ok(Self(Arc::new(config.with_root_certificates(store).with_no_client_auth())))
    }
}
