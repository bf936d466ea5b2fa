//! The account.

use pages::{Account, AccountNotice, Language, Passkey, PasswordState, Session, Which};

use super::{CEREMONY, CREATE_OPTIONS, CSRF, DAY, HOSTILE, NOW, hostile_frame, signed_in};

pub(crate) fn usual_account() -> Account<'static> {
    let phone = Passkey {
        id: "pk-1",
        name: "My phone",
        created_at: NOW - 90 * DAY,
        last_used_at: Some(NOW - 7_200),
    };
    let laptop = Passkey {
        id: "pk-2",
        name: "Laptop",
        created_at: NOW - 3 * DAY,
        last_used_at: None,
    };
    let here = Session {
        id: "s-1",
        agent: "Chromium on Linux",
        started_at: NOW - 3_600,
        last_seen_at: NOW,
        this: Which::This,
    };
    let there = Session {
        id: "s-2",
        agent: "Safari on iPhone",
        started_at: NOW - 5 * DAY,
        last_seen_at: NOW - DAY,
        this: Which::Other,
    };
    let elsewhere = Session {
        id: "s-3",
        agent: "Firefox on Windows",
        ..there.clone()
    };
    Account {
        csrf: CSRF,
        passkeys: vec![phone, laptop],
        password: PasswordState::Set {
            changed_at: NOW - 200 * DAY,
        },
        recovery_codes_left: 8,
        sessions: vec![here, there, elsewhere],
        ceremony: CEREMONY,
        passkey_options: CREATE_OPTIONS,
        waiting: "",
        notice: None,
        fresh_codes: Vec::new(),
    }
}

pub(crate) fn account(language: Language, add: &mut impl FnMut(&str, String)) {
    let frame = signed_in(language, "/account");
    let mut show = |name: &str, page: &Account<'_>| add(&format!("account{name}"), pages::account(&frame, page));
    show("", &usual_account());
    let codes = (0..10).map(|n| format!("k7qm-{n}x2v-9tdw")).collect();
    show(
        "-fresh-codes",
        &Account {
            fresh_codes: codes,
            recovery_codes_left: 10,
            notice: Some(AccountNotice::CodesMade),
            ..usual_account()
        },
    );
    let empty = Account {
        passkeys: Vec::new(),
        password: PasswordState::None,
        recovery_codes_left: 0,
        ..usual_account()
    };
    show("-empty", &empty);
    show(
        "-recovered",
        &Account {
            notice: Some(AccountNotice::Recovered),
            ..empty.clone()
        },
    );
    show(
        "-waiting",
        &Account {
            waiting: "sealed",
            ..empty.clone()
        },
    );
    show(
        "-waiting-has-one",
        &Account {
            waiting: "sealed",
            notice: Some(AccountNotice::PasskeyAdded),
            ..usual_account()
        },
    );
    show(
        "-last-code",
        &Account {
            recovery_codes_left: 1,
            passkey_options: "",
            ..usual_account()
        },
    );
    for (name, notice) in ACCOUNT_NOTICES {
        show(
            &format!("-{name}"),
            &Account {
                notice: Some(notice),
                ..usual_account()
            },
        );
    }
    let passkey = Passkey {
        id: HOSTILE,
        name: HOSTILE,
        created_at: i64::MIN,
        last_used_at: Some(i64::MAX),
    };
    let session = Session {
        id: HOSTILE,
        agent: HOSTILE,
        started_at: 0,
        last_seen_at: i64::MAX,
        this: Which::Other,
    };
    let page = Account {
        csrf: HOSTILE,
        passkeys: vec![passkey],
        sessions: vec![session],
        ceremony: HOSTILE,
        passkey_options: HOSTILE,
        waiting: HOSTILE,
        fresh_codes: vec![HOSTILE.to_owned()],
        ..usual_account()
    };
    add("account-hostile", pages::account(&hostile_frame(language), &page));
}

const ACCOUNT_NOTICES: [(&str, AccountNotice); 14] = [
    ("recovered-password", AccountNotice::Recovered),
    ("passkey-added", AccountNotice::PasskeyAdded),
    ("passkey-removed", AccountNotice::PasskeyRemoved),
    ("password-changed", AccountNotice::PasswordChanged),
    ("session-ended", AccountNotice::SessionEnded),
    ("others-ended", AccountNotice::OthersEnded),
    ("wrong-password", AccountNotice::WrongPassword),
    ("password-too-short", AccountNotice::PasswordTooShort),
    ("password-too-long", AccountNotice::PasswordTooLong),
    ("passkey-failed", AccountNotice::PasskeyFailed),
    ("last-way-in", AccountNotice::LastWayIn),
    ("took-too-long", AccountNotice::TookTooLong),
    ("busy", AccountNotice::Busy),
    ("sign-in-first", AccountNotice::SignInFirst),
];
