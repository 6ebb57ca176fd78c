//! A connection to a target: names are asked once, every answer is judged, and the judged address is the one connected to.
//!
//! Refuses to know HTTP, proxies and the environment. So a name that answers otherwise the next moment gains nothing: it
//! is not asked again. Trusts: the resolver, and what signs certificates; who owns both can pass for the recipient.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::{Host, Reach, Target};

/// Who says which addresses a name has.
#[derive(Clone)]
pub enum Names {
    /// The system.
    System,
    /// A function from name to addresses, asked once per connection.
    Told(Arc<Tell>),
}

/// What takes the resolver's place.
pub type Tell = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Which certificates are good: those of the web's authorities, and those of the user's own.
#[derive(Clone)]
pub struct Trust(Arc<rustls::ClientConfig>);

/// A certificate of the user's own that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustError {
    /// Not PEM, or no certificate in it.
    NotPem,
    /// Not a certificate that can sign others.
    NotARoot,
    /// The TLS library refuses its own settings.
    Settings,
}

/// Why there is no connection. Nothing of the message went out.
#[derive(Debug)]
pub enum Trouble {
    /// The name could not be asked for.
    Name {
        /// What the system says.
        source: io::Error,
    },
    /// The name has no address.
    NoAddress,
    /// One of the name's addresses is out of reach, so none is used.
    Forbidden {
        /// The address.
        ip: IpAddr,
        /// Why.
        why: &'static str,
    },
    /// The last address tried does not answer.
    Tcp {
        /// The address.
        at: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// TLS cannot be agreed on, or the certificate is not good for this name.
    Tls {
        /// What the library says.
        source: io::Error,
    },
    /// It took too long.
    TooSlow {
        /// What was being done.
        doing: &'static str,
    },
}

/// A connection, plain or by TLS, that knows whether anything of a message was given to it.
pub struct Stream {
    inner: Inner,
    touched: Touched,
}

/// Whether bytes may have gone out.
#[derive(Debug, Clone, Default)]
pub struct Touched(Arc<std::sync::atomic::AtomicBool>);

enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The web's authorities and the roots in these PEM files.
///
/// # Errors
/// A file has no certificate that can be a root.
pub fn trust(own_roots_pem: &[&[u8]]) -> Result<Trust, TrustError> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for pem in own_roots_pem {
        let mut found = 0_usize;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| TrustError::NotPem)?;
            roots.add(certificate).map_err(|_| TrustError::NotARoot)?;
            found = found.saturating_add(1);
        }
        if found == 0 {
            return Err(TrustError::NotPem);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|_| TrustError::Settings)?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Trust(Arc::new(config)))
}

/// Connects, all of it by the deadline.
///
/// # Errors
/// Why there is no connection.
pub async fn connect(
    target: &Target,
    reach: Reach,
    names: &Names,
    trust: &Trust,
    deadline: Instant,
) -> Result<Stream, Trouble> {
    let tcp = reach_tcp(target, reach, names, deadline).await?;
    let inner = if target.https {
        let agreed = timeout_at(deadline, agree(target, trust, tcp)).await;
        Inner::Tls(Box::new(agreed.map_err(|_| Trouble::TooSlow { doing: "agreeing on TLS" })??))
    } else {
        Inner::Plain(tcp)
    };
    Ok(Stream { inner, touched: Touched::default() })
}

/// Connects as far as TCP, all of it by the deadline: to an address that was judged.
///
/// # Errors
/// Why there is no connection.
pub async fn reach_tcp(
    target: &Target,
    reach: Reach,
    names: &Names,
    deadline: Instant,
) -> Result<TcpStream, Trouble> {
    let addresses = timeout_at(deadline, resolve(target, reach, names));
    let addresses = addresses.await.map_err(|_| Trouble::TooSlow { doing: "asking for the name" })??;
    let addresses = judged(target, reach, &addresses)?;
    dial(&addresses, deadline).await
}

async fn resolve(target: &Target, reach: Reach, names: &Names) -> Result<Vec<IpAddr>, Trouble> {
    match (&target.host, names) {
        (Host::Ip(ip), _) => Ok(vec![*ip]),
        (Host::Name(name), Names::Told(ask)) => Ok(ask(name)),
        (Host::Name(name), Names::System) => {
            // The dot at the end keeps the system from trying the name inside its search domains.
            let name = if reach.private { name.clone() } else { format!("{name}.") };
            let found = tokio::net::lookup_host((name.as_str(), target.port)).await;
            Ok(found.map_err(|source| Trouble::Name { source })?.map(|at| at.ip()).collect())
        }
    }
}

/// All addresses, if none is out of reach: a name with one good and one forbidden answer is not to be trusted with either.
fn judged(target: &Target, reach: Reach, addresses: &[IpAddr]) -> Result<Vec<SocketAddr>, Trouble> {
    if addresses.is_empty() {
        return Err(Trouble::NoAddress);
    }
    let judge = |ip: &IpAddr| match reach.judge(*ip, target.https) {
        Ok(()) => Ok(SocketAddr::new(*ip, target.port)),
        Err(why) => Err(Trouble::Forbidden { ip: *ip, why }),
    };
    addresses.iter().map(judge).collect()
}

/// Tries the first addresses one after the other; each may use its share of the time that is left.
async fn dial(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Trouble> {
    let tried = addresses.get(..MOST_ADDRESSES).unwrap_or(addresses);
    let mut trouble = Trouble::NoAddress;
    for (at, waiting) in tried.iter().zip((1_u32..).take(tried.len()).collect::<Vec<_>>().into_iter().rev()) {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left.checked_div(waiting).unwrap_or(Duration::ZERO);
        match tokio::time::timeout(share, TcpStream::connect(at)).await {
            Ok(Ok(tcp)) => {
                // Without it a message in two writes waits for the other side's delayed acknowledgement, 40 ms or more.
                tcp.set_nodelay(true).map_err(|source| Trouble::Tcp { at: *at, source })?;
                return Ok(tcp);
            }
            Ok(Err(source)) => trouble = Trouble::Tcp { at: *at, source },
            Err(_) => trouble = Trouble::TooSlow { doing: "connecting" },
        }
    }
    Err(trouble)
}

async fn agree(target: &Target, trust: &Trust, tcp: TcpStream) -> Result<TlsStream<TcpStream>, Trouble> {
    let name = match &target.host {
        Host::Ip(ip) => ServerName::from(*ip),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|e| Trouble::Tls { source: io::Error::new(io::ErrorKind::InvalidInput, e) })?,
    };
    let connector = TlsConnector::from(Arc::clone(&trust.0));
    connector.connect(name, tcp).await.map_err(|source| Trouble::Tls { source })
}

impl Stream {
    /// What tells whether bytes were given to this connection.
    #[must_use]
    pub fn touched(&self) -> Touched {
        self.touched.clone()
    }
}

impl Touched {
    /// Forgets.
    pub fn clear(&self) {
        self.0.store(false, std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether any byte may have gone out since it was cleared.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Inner::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let (written, touched) = match &mut this.inner {
            Inner::Plain(tcp) => {
                let written = Pin::new(tcp).poll_write(cx, buf);
                let some = matches!(written, Poll::Ready(Ok(n)) if n > 0);
                (written, some)
            }
            // A TLS record may be out in part when the call fails.
            Inner::Tls(tls) => {
                let written = Pin::new(tls).poll_write(cx, buf);
                let some = written.is_ready() && !buf.is_empty();
                (written, some)
            }
        };
        if touched {
            this.touched.set();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Inner::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Inner::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name { source } => write!(f, "the name cannot be asked for: {source}"),
            Self::NoAddress => f.write_str("the name has no address"),
            Self::Forbidden { ip, why } => write!(f, "messages do not go to {ip}: {why}"),
            Self::Tcp { at, source } => write!(f, "no connection to {at}: {source}"),
            Self::Tls { source } => write!(f, "no TLS: {source}"),
            Self::TooSlow { doing } => write!(f, "it took too long: {doing}"),
        }
    }
}

impl std::error::Error for Trouble {}

impl std::fmt::Display for TrustError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotPem => "there is no PEM certificate in it",
            Self::NotARoot => "the certificate cannot sign others",
            Self::Settings => "the TLS library refuses its settings",
        })
    }
}

impl std::error::Error for TrustError {}

/// A name may have many addresses; a message does not try them all.
const MOST_ADDRESSES: usize = 4;
