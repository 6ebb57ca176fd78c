//! What may be reached, as tables: URLs in `data/urls.txt`, addresses in `data/addresses.txt`.

use std::net::IpAddr;

use ascertain::channel::address::{Host, Reach, forbidden, parse};

fn check(what: &str, expected: &str, got: &str) {
    assert_eq!(got, expected, "{what}");
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let wanted = |line: &&str| !line.is_empty() && !line.starts_with('#');
    table.lines().filter(wanted).map(|line| line.split('|').map(str::trim).collect())
}

/// What a URL is read as, in one line.
fn read(url: &str, reach: Reach) -> String {
    match parse(url, reach) {
        Err(why) => format!("{why:?}"),
        Ok(target) => {
            let scheme = if target.https { "https" } else { "http" };
            let host = match target.host {
                Host::Name(name) => name,
                Host::Ip(ip) => ip.to_string(),
            };
            format!("{scheme} {host} {} {}", target.port, target.path_and_query)
        }
    }
}

fn unescape(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (kind, mut after) = after.split_at(1);
        match kind {
            "t" => out.push('\t'),
            "r" => out.push('\r'),
            "n" => out.push('\n'),
            "0" => out.push('\0'),
            "u" => {
                let (digits, left) = after.strip_prefix('{').unwrap().split_once('}').unwrap();
                out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
                after = left;
            }
            other => out.push_str(other),
        }
        rest = after;
    }
    out + rest
}

#[test]
fn urls_are_read_strictly() {
    let mut seen = 0;
    for row in rows(include_str!("data/urls.txt")) {
        let [reach, expected, url] = row[..] else { panic!("{row:?}") };
        check(url, expected, &read(&unescape(url), Reach { private: reach == "own" }));
        seen += 1;
    }
    assert!(seen > 100);
}

#[test]
fn what_is_too_long_is_refused() {
    let label = "a".repeat(63);
    let name = |parts: usize| vec![label.as_str(); parts].join(".");
    let public = Reach::default();
    check("253", "LongName", &read(&format!("https://{}.{}/", name(3), "b".repeat(62)), public));
    let longest = format!("{}.{}", name(3), "b".repeat(61));
    check("longest", &format!("https {longest} 443 /"), &read(&format!("https://{longest}/"), public));
    check("url", "TooLong", &read(&format!("https://example.org/{}", "a".repeat(2048)), public));
}

#[test]
fn addresses_are_in_or_out_of_reach() {
    let mut seen = 0;
    for row in rows(include_str!("data/addresses.txt")) {
        let ip: IpAddr = row[0].parse().unwrap();
        let public = Reach::default().judge(ip, true).err().unwrap_or("ok");
        let own = Reach { private: true }.judge(ip, true).err().unwrap_or("ok");
        check(row[0], row[1], public);
        check(row[0], row[1], forbidden(ip).unwrap_or("ok"));
        check(row[0], row.get(2).unwrap_or(&row[1]), own);
        seen += 1;
    }
    assert!(seen > 130);
}

#[test]
fn each_literal_address_is_judged_in_a_url() {
    for row in rows(include_str!("data/addresses.txt")) {
        let ip: IpAddr = row[0].parse().unwrap();
        let host = if ip.is_ipv4() { ip.to_string() } else { format!("[{ip}]") };
        let got = parse(&format!("https://{host}/"), Reach::default());
        check(
            &host,
            if row[1] == "ok" { "reached" } else { "refused" },
            if got.is_ok() { "reached" } else { "refused" },
        );
    }
}
