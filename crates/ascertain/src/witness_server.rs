//! A witness for the logs of others: cosigns a checkpoint that extends the one it cosigned last, and nothing else.
//!
//! What it cosigns is durable before the cosignature exists. Spec: c2sp.org/tlog-witness@v1.0.0 "add-checkpoint", and from
//! the text after it the reading of the last cosigned checkpoint.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use record::checkpoint::{self, Checkpoint};
use record::cosignature;
use record::digest::sha256;
use record::keys::SigningKey;
use record::witness::{Judgement, KnownLog, MAX_REQUEST_BYTES, from_request, judge};

use crate::error::Error;
use crate::store::{self, Store, witnesses};

/// A witness: its name, its key, and what it has cosigned.
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: SigningKey,
    /// Where it keeps what it cosigned.
    pub store: Mutex<Store>,
}

/// Serves until the process is asked to end. `ready` is told the address once.
///
/// # Errors
/// The address cannot be listened on.
pub fn serve(server: Server, listen: &str, ready: &mut dyn FnMut(String)) -> Result<(), Error> {
    let failed = |source| Error::File { path: listen.into(), doing: "cannot be listened on", source };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(failed)?;
        ready(listener.local_addr().map_or_else(|_| listen.to_owned(), |at| at.to_string()));
        axum::serve(listener, routes(Arc::new(server)))
            .with_graceful_shutdown(asked_to_end())
            .await
            .map_err(failed)
    })
}

async fn asked_to_end() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let Ok(mut terminate) = terminate else { return drop(interrupted.await) };
        let (mut a, mut b) = (std::pin::pin!(interrupted), std::pin::pin!(terminate.recv()));
        std::future::poll_fn(|cx| {
            let ended = a.as_mut().poll(cx).is_ready() || b.as_mut().poll(cx).is_ready();
            if ended { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}

fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(last_checkpoint))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(server)
}

async fn add_checkpoint(State(server): State<Arc<Server>>, body: axum::body::Bytes) -> Response {
    let answered = tokio::task::spawn_blocking(move || answer(&server, &body)).await;
    match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(e)) => end(&e.to_string()),
        Err(e) => end(&e.to_string()),
    }
}

/// What is stored is not known: nothing more may be cosigned by this process.
fn end(why: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "ascertain: the witness ends: {why}");
    std::process::abort()
}

/// Judges, stores and signs under one lock, so that no other request comes between.
fn answer(server: &Server, body: &[u8]) -> Result<Response, Error> {
    let lock = || Error::WrongStore { message: "a request ended in the middle".into() };
    let mut store = server.store.lock().map_err(|_| lock())?;
    let note = from_request(body).map(|request| request.checkpoint).unwrap_or_default();
    let stated = checkpoint::stated(&note).ok();
    let keys = stated.map(|head| store.log_keys(&head.origin)).transpose()?.unwrap_or_default();
    let t = store.write()?;
    let mut failed = None;
    let judgement = judge(body, |origin| match witnesses::last_cosigned(&t, origin) {
        Ok(last) if !keys.is_empty() => Some(KnownLog { keys, last }),
        Ok(_) => None,
        Err(e) => {
            failed = Some(e);
            None
        }
    });
    if let Some(e) = failed {
        return Err(e);
    }
    Ok(match judgement {
        Judgement::Cosign(head) => {
            witnesses::put_cosigned(&t, &head, &note)?;
            store::commit(t)?;
            plain(StatusCode::OK, cosign(server, &head)?)
        }
        Judgement::Malformed(e) => plain(StatusCode::BAD_REQUEST, format!("{e}\n")),
        Judgement::Unsigned => {
            plain(StatusCode::FORBIDDEN, "signed by no key known for this origin\n".into())
        }
        Judgement::UnknownOrigin => plain(StatusCode::NOT_FOUND, "no log of this origin is known\n".into()),
        Judgement::Conflict { size } => {
            let mut answer = plain(StatusCode::CONFLICT, format!("{size}\n"));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/x.tlog.size"));
            answer
        }
        Judgement::Inconsistent(e) => plain(StatusCode::UNPROCESSABLE_ENTITY, format!("{e}\n")),
    })
}

fn cosign(server: &Server, head: &Checkpoint) -> Result<String, Error> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(cosignature::cosign(&checkpoint::to_text(head)?, &server.name, &server.key, now.as_secs())?)
}

/// The checkpoint cosigned last for the origin of this SHA-256, with a cosignature.
async fn last_checkpoint(State(server): State<Arc<Server>>, Path(wanted): Path<String>) -> Response {
    let found = tokio::task::spawn_blocking(move || last(&server, &wanted)).await;
    match found {
        Ok(Ok(Some(note))) => plain(StatusCode::OK, note),
        Ok(Ok(None)) => plain(StatusCode::NOT_FOUND, "nothing was cosigned for this origin\n".into()),
        Ok(Err(_)) | Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the store cannot be read\n".into()),
    }
}

fn last(server: &Server, wanted: &str) -> Result<Option<String>, Error> {
    let lock = || Error::WrongStore { message: "a request ended in the middle".into() };
    let store = server.store.lock().map_err(|_| lock())?;
    for origin in store.cosigned_origins()? {
        if sha256(origin.as_bytes()).to_string() != wanted {
            continue;
        }
        let Some(note) = store.cosigned(&origin)? else { return Ok(None) };
        let cosignature = cosign(server, &checkpoint::stated(&note)?)?;
        return Ok(Some(String::from_utf8_lossy(&note).into_owned() + &cosignature));
    }
    Ok(None)
}

fn plain(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}
