//! Which addresses may be written to: URLs are read strictly, and the ranges no message goes to are listed.
//!
//! Refuses to know names' answers, sockets and time: it judges what it is given. A URL that two programs could read in
//! two ways is refused, with the way to write it. What a name stands for is judged by [`super::connect`], with the same list.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far messages may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// The user's own network too: loopback, private and unique local addresses, names without a dot, plain http, and
    /// ports other than 443 and 8443. Only if the user said so. Link-local addresses, and with them the credentials that
    /// cloud machines serve there, stay out of reach.
    pub private: bool,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether the connection is by TLS.
    pub https: bool,
    /// Who.
    pub host: Host,
    /// TCP port, never 0.
    pub port: u16,
    /// The path, which starts with `/`, and the query if there is one.
    pub path_and_query: String,
}

/// A name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A DNS name in lower case, without a trailing dot.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Longer than 2,048 bytes.
    TooLong,
    /// A space, a line break, a tab or another control character.
    Control,
    /// A character outside ASCII.
    NotAscii,
    /// Neither https nor, in the own network, http.
    Scheme,
    /// Plain http without leave for the own network.
    PlainHttp,
    /// A user name or a password.
    UserInfo,
    /// No host.
    NoHost,
    /// A host that is neither a DNS name nor an address.
    BadHost,
    /// An IPv4 address in other than four decimal numbers.
    OddIpv4,
    /// An IPv6 address with a zone.
    Zone,
    /// A name that ends in a dot.
    TrailingDot,
    /// A name, or a part of one, longer than DNS allows.
    LongName,
    /// `localhost`, or a name without a dot, without leave for the own network.
    LocalName,
    /// A port that is no number from 1 to 65535.
    BadPort,
    /// A port that messages do not go to.
    ClosedPort,
    /// A path or query with a character that has to be percent-encoded.
    BadPath,
    /// A `#` part, which is never sent.
    Fragment,
    /// An address in a range that messages do not go to.
    Address(&'static str),
}

/// Reads a URL, and judges what can be judged without asking for names.
///
/// # Errors
/// It can be read in two ways, or is out of reach.
pub fn parse(url: &str, reach: Reach) -> Result<Target, Refusal> {
    plain_text(url)?;
    let (https, rest) = scheme(url, reach)?;
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).ok_or(Refusal::BadHost)?;
    let (host, port) = host_and_port(authority)?;
    let host = host_of(host, reach)?;
    let port = match port {
        Some(digits) => port_of(digits, reach)?,
        None if https => 443,
        None => 80,
    };
    if let Host::Ip(ip) = host {
        reach.judge(ip, https).map_err(Refusal::Address)?;
    }
    Ok(Target { https, host, port, path_and_query: path_of(path)? })
}

/// Why no message goes to this address, unless the user opened the own network.
#[must_use]
pub fn forbidden(ip: IpAddr) -> Option<&'static str> {
    range_of(ip).map(|range| range.why)
}

impl Reach {
    /// Judges an address to be connected to.
    ///
    /// # Errors
    /// Why it is out of reach.
    pub fn judge(self, ip: IpAddr, https: bool) -> Result<(), &'static str> {
        match range_of(ip) {
            Some(range) if range.own && self.private => Ok(()),
            Some(range) => Err(range.why),
            // Whoever sits between could read the message and forge the answer.
            None if !https => Err("plain http outside the own network"),
            None => Ok(()),
        }
    }
}

impl Target {
    /// The value of the `host` header: without the port that the scheme implies.
    #[must_use]
    pub fn host_header(&self) -> String {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Ip(IpAddr::V4(ip)) => ip.to_string(),
            Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
        };
        match (self.https, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

// What a URL is made of.

fn plain_text(url: &str) -> Result<(), Refusal> {
    if url.len() > LONGEST_URL {
        return Err(Refusal::TooLong);
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Refusal::Control);
    }
    if url.is_ascii() { Ok(()) } else { Err(Refusal::NotAscii) }
}

fn scheme(url: &str, reach: Reach) -> Result<(bool, &str), Refusal> {
    let (scheme, rest) = url.split_once("://").ok_or(Refusal::Scheme)?;
    // A body that was held until now, and an acknowledgement that ends the sending, do not go in clear over a network
    // that is not the user's own.
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok((true, rest)),
        "http" if reach.private => Ok((false, rest)),
        "http" => Err(Refusal::PlainHttp),
        _ => Err(Refusal::Scheme),
    }
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), Refusal> {
    if authority.contains('@') {
        return Err(Refusal::UserInfo);
    }
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(Refusal::BadHost)?.saturating_add(1);
        let (host, rest) = authority.split_at_checked(end).ok_or(Refusal::BadHost)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(Refusal::BadHost),
        };
    }
    match authority.split_once(':') {
        Some(("", _)) => Err(Refusal::NoHost),
        Some((host, port)) => Ok((host, Some(port))),
        None if authority.is_empty() => Err(Refusal::NoHost),
        None => Ok((authority, None)),
    }
}

fn host_of(host: &str, reach: Reach) -> Result<Host, Refusal> {
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        if inner.contains('%') {
            return Err(Refusal::Zone);
        }
        return inner.parse::<Ipv6Addr>().map(|ip| Host::Ip(ip.into())).map_err(|_| Refusal::BadHost);
    }
    let name = host.to_ascii_lowercase();
    if name.ends_with('.') {
        return Err(Refusal::TrailingDot);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    // Spec: url.spec.whatwg.org "ends in a number checker": elsewhere all of these would become IPv4 addresses.
    if last.bytes().all(|b| b.is_ascii_digit()) || is_hexadecimal(last) {
        // The standard library takes four decimal numbers without leading zeros, and nothing else.
        return name.parse::<Ipv4Addr>().map(|ip| Host::Ip(ip.into())).map_err(|_| Refusal::OddIpv4);
    }
    dns_name(&name)?;
    let local = !name.contains('.') || last == "localhost";
    if local && !reach.private { Err(Refusal::LocalName) } else { Ok(Host::Name(name)) }
}

fn is_hexadecimal(label: &str) -> bool {
    label.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Spec: RFC 1123 §2.1, RFC 1035 §2.3.4.
fn dns_name(name: &str) -> Result<(), Refusal> {
    if name.len() > 253 || name.split('.').any(|label| label.len() > 63) {
        return Err(Refusal::LongName);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let good = |label: &str| {
        !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.split('.').all(good) { Ok(()) } else { Err(Refusal::BadHost) }
}

fn port_of(digits: &str, reach: Reach) -> Result<u16, Refusal> {
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::BadPort);
    }
    let port = digits.parse::<u16>().map_err(|_| Refusal::BadPort)?;
    // Abroad the two usual TLS ports. In the own network any that a program without privileges can listen on: whoever
    // opened it knows what listens there.
    let open = matches!(port, 443 | 8443) || (reach.private && (port == 80 || port >= 1024));
    if open { Ok(port) } else { Err(Refusal::ClosedPort) }
}

/// Spec: RFC 3986 §3.3 and §3.4: the characters that may stand there as they are.
fn path_of(path: &str) -> Result<String, Refusal> {
    if path.contains('#') {
        return Err(Refusal::Fragment);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?%".contains(c);
    let encoded = |after: &str| {
        let digits = after.get(..2);
        digits.is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if !path.chars().all(plain) || !path.split('%').skip(1).all(encoded) {
        return Err(Refusal::BadPath);
    }
    Ok(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}

// Which range an address is in.

/// A range no message goes to.
#[derive(Clone, Copy)]
struct Range {
    why: &'static str,
    /// Whether the user may open it.
    own: bool,
}

fn range_of(ip: IpAddr) -> Option<Range> {
    match ip {
        IpAddr::V4(ip) => range_of_v4(ip),
        IpAddr::V6(ip) => range_of_v6(ip),
    }
}

fn range_of_v4(ip: Ipv4Addr) -> Option<Range> {
    let within =
        |net: &[u8; 4], bits: u32| (u32::from(ip) ^ u32::from_be_bytes(*net)).leading_zeros() >= bits;
    let found = V4.iter().find(|(net, bits, ..)| within(net, *bits));
    found.map(|(_, _, why, own)| Range { why, own: *own })
}

fn range_of_v6(ip: Ipv6Addr) -> Option<Range> {
    let within = |net: &[u16; 8], bits: u32| {
        (u128::from(ip) ^ u128::from(Ipv6Addr::from(*net))).leading_zeros() >= bits
    };
    let found = V6.iter().find(|(net, bits, ..)| within(net, *bits));
    if let Some((_, _, why, own)) = found {
        return Some(Range { why, own: *own });
    }
    if carried(ip).and_then(range_of_v4).is_some() {
        return Some(Range { why: "carries a forbidden IPv4 address", own: false });
    }
    let reachable = within(&GLOBAL_UNICAST, 3) || within(&TRANSLATED, 96);
    (!reachable).then_some(Range { why: "not global unicast", own: false })
}

/// The IPv4 address that a translator or a tunnel would send on to.
fn carried(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let [g1, g2] = g.to_be_bytes();
    let [h1, h2] = h.to_be_bytes();
    let last = Ipv4Addr::new(g1, g2, h1, h2);
    match (a, b, c, d, e, f) {
        (0x64, 0xff9b, 0, 0, 0, 0) => Some(last),
        // Spec: RFC 5214 §6.1, ISATAP under any prefix, with either value of the universal bit.
        (_, _, _, _, 0 | 0x200, 0x5efe) => Some(last),
        _ => None,
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the address is longer than 2048 bytes",
            Self::Control => "the address has a space or a control character in it",
            Self::NotAscii => {
                "the address has a character outside ASCII: write the name in punycode (xn--) and percent-encode the path"
            }
            Self::Scheme => "the address does not start with https://",
            Self::PlainHttp => "http:// is only for the own network, if opened: use https://",
            Self::UserInfo => "the address has a user name or an `@` before the path",
            Self::NoHost => "the address has no host",
            Self::BadHost => "the host is neither a DNS name nor an address",
            Self::OddIpv4 => "an IPv4 address is written as four decimal numbers without leading zeros",
            Self::Zone => "an IPv6 address with a zone (%) is not reached",
            Self::TrailingDot => "the name ends in a dot: leave it out",
            Self::LongName => "the name is longer than DNS allows",
            Self::LocalName => "a name without a dot, or localhost, is only for the own network, if opened",
            Self::BadPort => "the port is not a number from 1 to 65535 without leading zeros",
            Self::ClosedPort => {
                "messages go to ports 443 and 8443, and in the own network, if opened, to 80 and those from 1024"
            }
            Self::BadPath => "the path has a character that must be percent-encoded",
            Self::Fragment => "the part after `#` would not be sent: leave it out",
            Self::Address(why) => return write!(f, "messages do not go to this address: {why}"),
        })
    }
}

impl std::error::Error for Refusal {}

const LONGEST_URL: usize = 2048;

/// Network, prefix length, why, and whether the user may open it. The first that fits counts.
/// Spec: the IANA IPv4 Special-Purpose Address Registry, and RFC 5771 for multicast.
#[rustfmt::skip]
const V4: &[([u8; 4], u32, &str, bool)] = &[
    ([0, 0, 0, 0], 8, "this network", false),
    ([10, 0, 0, 0], 8, "private", true),
    // Shared addresses are a carrier's, and some clouds serve credentials there.
    ([100, 64, 0, 0], 10, "shared with a carrier", false),
    ([127, 0, 0, 0], 8, "loopback", true),
    // Not in the registry: a public address at which one cloud serves every machine its configuration.
    ([168, 63, 129, 16], 32, "cloud platform service", false),
    ([169, 254, 0, 0], 16, "link-local", false),
    ([172, 16, 0, 0], 12, "private", true),
    ([192, 0, 0, 0], 24, "protocol assignments", false),
    ([192, 0, 2, 0], 24, "documentation", false),
    ([192, 88, 99, 0], 24, "6to4 relay", false),
    ([192, 168, 0, 0], 16, "private", true),
    ([198, 18, 0, 0], 15, "benchmarking", false),
    ([198, 51, 100, 0], 24, "documentation", false),
    ([203, 0, 113, 0], 24, "documentation", false),
    ([224, 0, 0, 0], 4, "multicast", false),
    ([255, 255, 255, 255], 32, "broadcast", false),
    ([240, 0, 0, 0], 4, "reserved", false),
];

/// As above. Spec: the IANA IPv6 Special-Purpose Address Registry.
#[rustfmt::skip]
const V6: &[([u16; 8], u32, &str, bool)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified", false),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", true),
    // Mapped and compatible: whoever means IPv4 writes it.
    ([0, 0, 0, 0, 0, 0, 0, 0], 16, "IPv4 in IPv6 notation", false),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "local translation", false),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard", false),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments", false),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation", false),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4", false),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", false),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing", false),
    // One cloud's credentials, inside what may be opened.
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32, "cloud platform service", false),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private", true),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local", false),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local", false),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", false),
];

/// Spec: RFC 4291 §2.4 with the IANA IPv6 Global Unicast Address Assignments: nothing outside it is assigned.
const GLOBAL_UNICAST: [u16; 8] = [0x2000, 0, 0, 0, 0, 0, 0, 0];
/// Spec: RFC 6052 §2.1, the well-known prefix of translators.
const TRANSLATED: [u16; 8] = [0x64, 0xff9b, 0, 0, 0, 0, 0, 0];
