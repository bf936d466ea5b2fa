//! The queue under load. A gate holds the one thread, so nothing here depends on how fast anything is.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use super::*;

type Request<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refused>> + Send + 'a>>;

/// One thread, five places.
fn one_thread() -> Passwords {
    Passwords::start(Settings {
        threads: NonZeroUsize::MIN,
    })
    .unwrap()
}

/// A request that holds the thread until the gate is opened, by a message or by dropping it.
fn gate(passwords: &Passwords) -> (mpsc::Sender<()>, Request<'_, ()>) {
    let (open, opened) = mpsc::channel();
    let mut request: Request<'_, ()> = Box::pin(passwords.ask(move |_| {
        opened.recv().ok();
    }));
    assert!(now(&mut request).is_none());
    (open, request)
}

fn check(passwords: &Passwords) -> Request<'_, Outcome> {
    let password = Password::parse("correct horse battery staple").unwrap();
    Box::pin(passwords.verify(password, None))
}

/// What the request says without waiting.
fn now<T>(request: &mut Request<'_, T>) -> Option<Result<T, Refused>> {
    match request.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(said) => Some(said),
        Poll::Pending => None,
    }
}

fn joined(passwords: &Passwords) -> Request<'_, Outcome> {
    let mut request = check(passwords);
    assert!(now(&mut request).is_none(), "there was a place");
    request
}

fn busy(passwords: &Passwords) -> bool {
    matches!(now(&mut check(passwords)), Some(Err(Refused::Busy)))
}

#[test]
fn half_of_the_cores_and_one_at_least() {
    for (cores, threads) in [(1, 1), (2, 1), (3, 1), (4, 2), (64, 32)] {
        let settings = Settings::for_cores(NonZeroUsize::new(cores).unwrap());
        assert_eq!(settings.threads.get(), threads, "{cores} cores");
    }
}

#[test]
fn s_41_nobody_never_hears_that_a_password_is_right() {
    let right = || Outcome::Right {
        rehash: Rehash::NotWanted,
    };
    assert!(matches!(Whose::Nobody.hears(right()), Outcome::Wrong));
    assert!(matches!(Whose::Somebody.hears(right()), Outcome::Right { .. }));
}

#[tokio::test]
async fn s_40_the_sixth_request_of_one_thread_is_busy_at_once_and_the_others_finish() {
    let passwords = one_thread();
    let (open, first) = gate(&passwords);
    let waiting: Vec<_> = (0..4).map(|_| joined(&passwords)).collect();

    assert!(busy(&passwords));

    open.send(()).unwrap();
    first.await.unwrap();
    for request in waiting {
        assert!(matches!(request.await, Ok(Outcome::Wrong)));
    }
    assert_eq!(
        passwords.work().hashes,
        4,
        "nothing was computed for the one that was refused"
    );
}

#[tokio::test]
async fn s_40_of_five_hundred_sign_ins_at_once_five_have_a_place() {
    let passwords = one_thread();
    let (open, first) = gate(&passwords);
    let mut requests: Vec<_> = (1..500).map(|_| check(&passwords)).collect();
    let refused = requests.iter_mut().filter_map(now).count();
    assert_eq!(refused, 495);

    open.send(()).unwrap();
    first.await.unwrap();
}

#[tokio::test]
async fn s_40_after_the_flood_there_is_room_again() {
    let passwords = one_thread();
    let (open, first) = gate(&passwords);
    let waiting: Vec<_> = (0..4).map(|_| joined(&passwords)).collect();
    assert!(busy(&passwords));
    open.send(()).unwrap();
    first.await.unwrap();
    for request in waiting {
        request.await.unwrap();
    }

    // All places, not just one: whoever has an answer has given its place back.
    let (open, first) = gate(&passwords);
    let waiting: Vec<_> = (0..4).map(|_| joined(&passwords)).collect();
    assert!(busy(&passwords));
    drop((open, waiting));
    first.await.unwrap();
}

#[tokio::test]
async fn s_40_a_request_that_is_dropped_while_it_waits_frees_its_place_at_once() {
    let passwords = one_thread();
    let (open, first) = gate(&passwords);
    let mut waiting: Vec<_> = (0..4).map(|_| joined(&passwords)).collect();
    assert!(busy(&passwords));

    drop(waiting.remove(1));
    waiting.push(joined(&passwords));
    assert!(busy(&passwords));

    open.send(()).unwrap();
    first.await.unwrap();
    for request in waiting {
        request.await.unwrap();
    }
    assert_eq!(
        passwords.work().hashes,
        4,
        "nothing was computed for the one that was dropped"
    );
}

#[tokio::test]
async fn s_40_a_request_that_is_dropped_while_it_runs_keeps_its_place_until_the_thread_is_done() {
    let passwords = one_thread();
    let (started, starting) = mpsc::channel();
    let (open, opened) = mpsc::channel::<()>();
    let mut first: Request<'_, ()> = Box::pin(passwords.ask(move |_| {
        started.send(()).unwrap();
        opened.recv().ok();
    }));
    assert!(now(&mut first).is_none());
    starting.recv().unwrap();
    drop(first);

    let waiting: Vec<_> = (0..4).map(|_| joined(&passwords)).collect();
    assert!(busy(&passwords), "the thread cannot be interrupted");

    drop(open);
    for request in waiting {
        request.await.unwrap();
    }
    assert!(matches!(check(&passwords).await, Ok(Outcome::Wrong)));
}

#[tokio::test]
async fn two_threads_work_at_the_same_time() {
    let passwords = Passwords::start(Settings {
        threads: NonZeroUsize::new(2).unwrap(),
    })
    .unwrap();
    let (open, mut first) = gate(&passwords);
    // It is answered although the first is not.
    assert!(matches!(check(&passwords).await, Ok(Outcome::Wrong)));
    assert!(now(&mut first).is_none());

    let (open_too, second) = gate(&passwords);
    let waiting: Vec<_> = (0..8).map(|_| joined(&passwords)).collect();
    assert!(busy(&passwords));
    drop((open, open_too, waiting));
    first.await.unwrap();
    second.await.unwrap();
}

#[tokio::test]
async fn a_panic_costs_its_request_and_nobody_else() {
    let passwords = one_thread();
    for _ in 0..6 {
        let failed = passwords.ask(|_| panic!("as a test")).await.map(|()| Outcome::Wrong);
        assert!(matches!(failed, Err(Refused::Fault(Fault::Unanswered))));
    }
    assert!(matches!(check(&passwords).await, Ok(Outcome::Wrong)));
}

#[tokio::test]
async fn the_threads_end_with_the_pool() {
    let passwords = one_thread();
    let (open, first) = gate(&passwords);
    let waiting = joined(&passwords);
    drop((first, waiting));
    drop(open);

    let queue = Arc::downgrade(&passwords.queue);
    drop(passwords);
    assert!(queue.upgrade().is_none(), "a thread still holds the queue");
}

#[tokio::test]
async fn nothing_of_a_hash_stays_in_memory() {
    let passwords = one_thread();
    check(&passwords).await.unwrap();
    assert_eq!(passwords.work().hashes, 1);
    assert!(passwords.ask(|memory| memory.is_blank()).await.unwrap());
}

#[tokio::test]
async fn an_imported_hash_does_not_keep_its_memory() {
    let passwords = one_thread();
    let usual = passwords.ask(|memory| memory.blocks_kept()).await.unwrap();
    let imported = "$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgc$kgSHKQGYT3IOm/j2AuLiJTkTOMP6ZLe9tooHRn2bBNQ";
    let password = Password::parse("another password").unwrap();
    let outcome = passwords.verify(password, Some(imported.to_owned())).await;
    assert!(matches!(outcome, Ok(Outcome::Wrong)));

    let kept = passwords.ask(|memory| memory.blocks_kept()).await.unwrap();
    assert!(usual >= 19_456 && kept == usual, "{usual} blocks, then {kept}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn s_40_the_thread_steps_back_and_the_others_do_not() {
    use rustix::process::getpriority_process;

    let passwords = one_thread();
    let ours = getpriority_process(None).unwrap();
    let theirs = passwords.ask(|_| getpriority_process(None).unwrap()).await.unwrap();
    assert_eq!(theirs, ours.max(NICE));
    assert_eq!(getpriority_process(None).unwrap(), ours);
}
