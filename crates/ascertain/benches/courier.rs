//! What a desk holds out on the night, as a process, against limits measured in the same run. See BENCHMARKS.md.
//!
//! `cargo bench -p ascertain --bench courier`; with `-- --test` everything runs once with few. Sinks live in this process,
//! limits, like the program, in one of their own, all on the same cores.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark prints rates, and stops where something is wrong"
)]

#[path = "courier/desk.rs"]
mod desk;
#[path = "courier/sinks.rs"]
mod sinks;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use desk::{Desk, Many};

fn main() {
    if let Some(rest) = std::env::args().skip_while(|word| word != "--bare").nth(1) {
        return println!("{}", sinks::bare(&rest));
    }
    let test = std::env::args().any(|word| word == "--test");
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    if wanted("webhooks") {
        webhooks(if test { 300 } else { 10_000 }, 1);
        webhooks(if test { 300 } else { 100_000 }, if test { 1 } else { 3 });
    }
    if wanted("mail") {
        mail(if test { 100 } else { 5_000 });
    }
    if wanted("release") {
        release(if test { 5 } else { 1_000 }, if test { 3 } else { 100 });
    }
}

/// One telegram to many webhooks of one host, from the first byte there until the last answer is stored and told. The bars:
/// 0.4 of a bare client, and memory that does not grow with the backlog. The machine's own speed changes while this runs: the
/// limit is measured before and after each round, and what is said is the round in the middle.
fn webhooks(count: usize, rounds: usize) {
    let mut all: Vec<Round> = (0..rounds).map(|_| round(count)).collect();
    all.sort_by(|a, b| (a.ours / a.bare).total_cmp(&(b.ours / b.bare)));
    let each: Vec<String> = all.iter().map(|r| format!("{:.2}", r.ours / r.bare)).collect();
    let Round { ours, bare, peak } = &all[all.len() / 2];
    println!(
        "webhooks  {ours:>9.0}/s = {:.2} of a bare client's {bare:.0}/s (rounds: {}); {count} deliveries, attempt rows and receipts durable; {peak} MB at most",
        ours / bare,
        each.join(", ")
    );
}

struct Round {
    ours: f64,
    bare: f64,
    peak: u64,
}

fn round(count: usize) -> Round {
    let sink = sinks::http();
    let desk = Desk::new("webhooks");
    desk.channels(
        "private = true\n[webhook]\nkeys = [\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"]\nat_once = 512\n",
    );
    desk.prepared(&[(
        "biden",
        Many { channel: "webhook", address: format!("http://{}/in?n=", sink.at), count },
    )]);
    desk.import();
    let before = sinks::bare_process(&sink, "posts", count);
    let (ended, peak) = desk.deliver();
    let ours = count as f64 / ended.duration_since(sink.first()).as_secs_f64();
    let after = sinks::bare_process(&sink, "posts", count);
    assert_eq!(sink.ids(), count, "each recipient under an id of its own");
    assert_eq!(sink.count(), count * 3, "one request each, of the bare client twice and of ours");
    Round { ours, bare: f64::midpoint(before, after), peak }
}

/// The same by one session with a relay. The bar: 0.5 of one raw connection.
fn mail(count: usize) {
    let sink = sinks::smtp();
    let bare = sinks::bare_process(&sink, "mail", count);
    let desk = Desk::new("mail");
    let port = sink.at.rsplit(':').next().unwrap();
    desk.channels(&format!(
        "private = true\n[email]\nname = \"Desk\"\nfrom = \"desk@example.org\"\nat_once = 1\nrelay = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\", ehlo = \"desk.example.org\" }}\n"
    ));
    desk.prepared(&[("biden", Many { channel: "email", address: "@example.org".into(), count })]);
    desk.import();
    let (ended, _) = desk.deliver();
    let ours = count as f64 / ended.duration_since(sink.first()).as_secs_f64();
    assert_eq!(sink.count(), count * 2, "one message each");
    println!(
        "mail      {ours:>9.0}/s = {:.2} of a raw connection's {bare:.0}/s; {count} messages on one session, rows and receipts durable",
        ours / bare
    );
}

/// From the decisive statement handed in to an open desk until the first byte of the telegram at its recipient: appended,
/// durable, evaluated, decided, released, connected. The bar: p99 under 50 ms with 1,000 telegrams held.
fn release(held: usize, times: usize) {
    let mut desk = Desk::new("release");
    let sink = sinks::http();
    desk.channels("private = true\n[webhook]\nkeys = [\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"]\n");
    // Of each policy a telegram for every outcome; one of the policies is asked.
    for n in (0..held.div_ceil(4)).rev() {
        desk.policy(n);
        let address = |name| format!("http://{}/{n}/{name}?n=", sink.at);
        let to = |name| (name, Many { channel: "webhook", address: address(name), count: 1 });
        desk.prepared(&["biden", "trump", "nobody", "annulled"].map(to));
    }
    let decisive = desk.all_but_the_decisive();
    let kept = desk.keep();
    let mut times: Vec<Duration> = (0..times)
        .map(|_| {
            desk.bring_back(&kept);
            sink.reset();
            let mut open = desk.stay_open();
            let start = Instant::now();
            let mut call = UnixStream::connect(desk.path("data/desk.sock")).unwrap();
            call.write_all(format!("append\n{decisive}").as_bytes()).unwrap();
            call.shutdown(std::net::Shutdown::Write).unwrap();
            let mut said = String::new();
            let first = sink.wait_first();
            call.read_to_string(&mut said).unwrap();
            assert!(said.starts_with("done\n") && said.contains("\"new\""), "{said}");
            open.kill().unwrap();
            open.wait().unwrap();
            first.duration_since(start)
        })
        .collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1_000.0;
    println!(
        "release   p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms over {} times; {held} telegrams held, from the statement handed in to the first byte at the recipient",
        at(0.5),
        at(0.99),
        at(1.0),
        times.len()
    );
}
