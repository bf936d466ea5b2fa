//! S-48: no rotation gap. Time walks over weeks with outages of any length, and four promises are checked at every
//! step.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::collections::BTreeMap;

use keys::rotation::{GRACE_SECONDS, JWKS_CACHE_SECONDS, Schedule, Slot, Step, plan, published, signing};
use proof::{Algorithm, Time};
use proptest::prelude::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const START: i64 = 1_800_000_000;

fn at(seconds: i64) -> Time {
    Time::from_unix(START + seconds)
}

fn slot(kid: &str, active_from: i64) -> Slot {
    Slot {
        kid: kid.to_owned(),
        algorithm: Algorithm::EdDSA,
        active_from: at(active_from),
    }
}

fn create(active_from: i64) -> Step {
    Step::Create {
        algorithm: Algorithm::EdDSA,
        active_from: at(active_from),
    }
}

fn dropped(kid: &str) -> Step {
    Step::Drop { kid: kid.to_owned() }
}

fn planned(now: i64, slots: &[Slot]) -> Vec<Step> {
    plan(at(now), &[Algorithm::EdDSA], slots, &Schedule::default())
}

#[test]
fn the_default_is_what_the_product_promises() {
    let schedule = Schedule {
        rotate_every_seconds: DAY,
        publish_ahead_seconds: HOUR,
        token_lifetime_seconds_max: HOUR,
    };
    assert_eq!(Schedule::default(), schedule);
    assert_eq!(schedule.validated().unwrap(), schedule);
}

#[test]
fn a_schedule_that_cannot_work_is_refused() {
    let fine = Schedule::default();
    for broken in [
        Schedule {
            publish_ahead_seconds: JWKS_CACHE_SECONDS - 1,
            ..fine
        },
        Schedule {
            publish_ahead_seconds: DAY,
            ..fine
        },
        Schedule {
            rotate_every_seconds: 0,
            ..fine
        },
        Schedule {
            rotate_every_seconds: -DAY,
            ..fine
        },
        Schedule {
            token_lifetime_seconds_max: 0,
            ..fine
        },
    ] {
        assert!(broken.validated().is_err(), "{broken:?}");
    }
    assert!(
        Schedule {
            publish_ahead_seconds: 300,
            rotate_every_seconds: 301,
            ..fine
        }
        .validated()
        .is_ok()
    );
}

#[test]
fn the_first_key_of_each_algorithm_signs_at_once() {
    let steps = plan(
        at(0),
        &[Algorithm::ES256, Algorithm::EdDSA, Algorithm::ES256],
        &[],
        &Schedule::default(),
    );
    let wanted = [Algorithm::EdDSA, Algorithm::ES256].map(|algorithm| Step::Create {
        algorithm,
        active_from: at(0),
    });
    assert_eq!(steps, wanted);
}

#[test]
fn one_life_of_a_key() {
    let first = [slot("a", 0)];
    assert_eq!(planned(DAY - HOUR - 1, &first), []);
    assert_eq!(planned(DAY - HOUR, &first), [create(DAY)], "published an hour ahead");

    let both = [slot("a", 0), slot("b", DAY)];
    assert_eq!(planned(DAY - HOUR, &both), [], "once is enough");
    assert_eq!(signing(at(DAY - 1), Algorithm::EdDSA, &both).unwrap().kid, "a");
    assert_eq!(signing(at(DAY), Algorithm::EdDSA, &both).unwrap().kid, "b");
    assert_eq!(published(&both).count(), 2);

    assert_eq!(
        planned(DAY + HOUR + 59, &both),
        [],
        "a token of the last second may live"
    );
    assert_eq!(planned(DAY + HOUR + 60, &both), [dropped("a")]);
}

#[test]
fn a_late_plan_still_publishes_a_full_hour_ahead() {
    assert_eq!(planned(DAY - 60, &[slot("a", 0)]), [create(DAY - 60 + HOUR)]);
    assert_eq!(
        planned(10 * DAY, &[slot("a", 0)]),
        [create(10 * DAY + HOUR)],
        "the old key signs on meanwhile"
    );
}

#[test]
fn an_algorithm_without_a_key_signs_with_none() {
    assert_eq!(signing(at(0), Algorithm::ES256, &[slot("a", 0)]), None);
    assert_eq!(signing(at(-1), Algorithm::EdDSA, &[slot("a", 0)]), None);
}

#[test]
fn an_algorithm_switched_on_later_gets_its_own_key() {
    let steps = plan(
        at(60),
        &[Algorithm::EdDSA, Algorithm::PS256],
        &[slot("a", 0)],
        &Schedule::default(),
    );
    assert_eq!(
        steps,
        [Step::Create {
            algorithm: Algorithm::PS256,
            active_from: at(60)
        }]
    );
}

/// The two RSA algorithms have keys of their own, although one key could serve both: a key is bound to one algorithm.
#[test]
fn each_algorithm_has_a_line_of_its_own() {
    let slots = Algorithm::ALL.map(|algorithm| Slot {
        algorithm,
        ..slot(algorithm.name(), 0)
    });
    for algorithm in Algorithm::ALL {
        assert_eq!(signing(at(0), algorithm, &slots).unwrap().kid, algorithm.name());
    }
    let steps = plan(at(DAY - HOUR), &Algorithm::ALL, &slots, &Schedule::default());
    let expected = Algorithm::ALL.map(|algorithm| Step::Create {
        algorithm,
        active_from: at(DAY),
    });
    assert_eq!(steps, expected);
}

#[test]
fn an_algorithm_switched_off_keeps_its_key_until_its_last_token_has_died() {
    let off = |now| plan(at(now), &[], &[slot("a", 0)], &Schedule::default());
    let last = DAY + HOUR + HOUR + GRACE_SECONDS;
    assert_eq!(off(last - 1), []);
    assert_eq!(off(last), [dropped("a")]);
}

#[test]
fn a_clock_set_back_before_every_key_gets_one_that_signs_now() {
    assert_eq!(planned(-60, &[slot("a", 0)]), [create(-60)]);
}

#[test]
fn a_key_of_a_clock_that_ran_a_year_ahead_does_not_stop_rotation() {
    let slots = [slot("a", 0), slot("b", 365 * DAY)];
    assert_eq!(planned(DAY - HOUR, &slots), [create(DAY)]);
}

#[test]
fn two_nodes_that_create_at_once_agree_on_the_signer() {
    let slots = [slot("a", 0), slot("c", DAY), slot("b", DAY)];
    let turned: Vec<Slot> = slots.iter().rev().cloned().collect();
    assert_eq!(signing(at(DAY), Algorithm::EdDSA, &slots).unwrap().kid, "c");
    assert_eq!(signing(at(DAY), Algorithm::EdDSA, &turned).unwrap().kid, "c");
    assert_eq!(planned(DAY + HOUR + 60, &slots), [dropped("a"), dropped("b")]);
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    for end in [i64::MIN, i64::MAX] {
        let slots = [Slot {
            active_from: Time::from_unix(end),
            ..slot("a", 0)
        }];
        for now in [i64::MIN, 0, i64::MAX] {
            plan(Time::from_unix(now), &Algorithm::ALL, &slots, &Schedule::default());
            signing(Time::from_unix(now), Algorithm::EdDSA, &slots);
        }
    }
}

/// A server that runs plans at the times given, and signs with whatever signs at any moment in between.
#[derive(Default)]
struct World {
    slots: Vec<Slot>,
    created: BTreeMap<String, (usize, i64)>,
    last_signature: BTreeMap<String, i64>,
}

impl World {
    const ALGORITHMS: [Algorithm; 2] = [Algorithm::EdDSA, Algorithm::ES256];

    fn apply(&mut self, now: i64, schedule: &Schedule) {
        for step in plan(Time::from_unix(now), &Self::ALGORITHMS, &self.slots, schedule) {
            match step {
                Step::Create { algorithm, active_from } => {
                    let before = self.slots.iter().filter(|slot| slot.algorithm == algorithm).count();
                    let kid = format!("{algorithm}-{}", self.created.len());
                    self.created.insert(kid.clone(), (before, now));
                    if before > 0 {
                        let ahead = active_from.unix() - now;
                        assert!(
                            ahead >= schedule.publish_ahead_seconds,
                            "{kid} published only {ahead} s ahead"
                        );
                    } else {
                        assert_eq!(active_from.unix(), now, "the first key signs at once");
                    }
                    self.slots.push(Slot {
                        kid,
                        algorithm,
                        active_from,
                    });
                }
                Step::Drop { kid } => {
                    if let Some(signed) = self.last_signature.get(&kid) {
                        let expires = signed + schedule.token_lifetime_seconds_max;
                        assert!(
                            expires < now,
                            "{kid} dropped at {now}, its last token lives until {expires}"
                        );
                    }
                    self.slots.retain(|slot| slot.kid != kid);
                }
            }
        }
        let again = plan(Time::from_unix(now), &Self::ALGORITHMS, &self.slots, schedule);
        assert_eq!(again, [], "a plan that was applied leaves nothing to do");
    }

    /// A token at this moment with each algorithm: there is a key, it is active, and it is published.
    fn sign(&mut self, now: i64) {
        for algorithm in Self::ALGORITHMS {
            let key = signing(Time::from_unix(now), algorithm, &self.slots).expect("an algorithm without a key");
            assert_eq!(key.algorithm, algorithm);
            assert!(key.active_from.unix() <= now);
            assert!(published(&self.slots).any(|slot| slot.kid == key.kid));
            self.last_signature.insert(key.kid.clone(), now);
        }
    }

    /// Every moment between two plans at which the signer can change, and the second before it.
    fn moments(&self, from: i64, until: i64) -> Vec<i64> {
        let changes = self
            .slots
            .iter()
            .flat_map(|slot| [slot.active_from.unix() - 1, slot.active_from.unix()]);
        let mut moments: Vec<i64> = changes.filter(|moment| (from..until).contains(moment)).collect();
        moments.extend([from, until - 1]);
        moments.sort_unstable();
        moments
    }
}

fn schedules() -> impl Strategy<Value = Schedule> {
    (JWKS_CACHE_SECONDS..2 * HOUR, 1..3 * DAY, 1..2 * DAY).prop_map(|(ahead, beyond, life)| {
        let schedule = Schedule {
            rotate_every_seconds: ahead + beyond,
            publish_ahead_seconds: ahead,
            token_lifetime_seconds_max: life,
        };
        schedule.validated().unwrap()
    })
}

/// Mostly the minutes between two runs of a job, sometimes hours, now and then an outage of days.
fn gaps() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![6 => 1..HOUR, 3 => HOUR..DAY, 1 => DAY..20 * DAY], 1..120)
}

proptest! {
    #[test]
    fn s_48_no_moment_lacks_a_key_and_no_living_token_loses_its_own(schedule in schedules(), gaps in gaps()) {
        let mut world = World::default();
        let mut now = START;
        for gap in gaps {
            world.apply(now, &schedule);
            for moment in world.moments(now, now + gap) {
                world.sign(moment);
            }
            now += gap;
        }
    }

    /// With plans every few minutes, a key signs for its period and no longer.
    #[test]
    fn s_48_a_served_key_signs_for_one_period(
        schedule in schedules(),
        gaps in prop::collection::vec(1..300_i64, 400..800),
    ) {
        let mut world = World::default();
        let mut now = START;
        for gap in gaps {
            world.apply(now, &schedule);
            world.sign(now);
            for algorithm in World::ALGORITHMS {
                let key = signing(Time::from_unix(now), algorithm, &world.slots).unwrap();
                let age = now - key.active_from.unix();
                prop_assert!(age <= schedule.rotate_every_seconds + 300, "{} signs after {age} s", key.kid);
            }
            now += gap;
        }
    }
}
