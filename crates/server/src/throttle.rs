//! How often something may be tried: buckets in memory, for each node by itself. What is refused here costs nothing but this look.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use kernel::{TenantId, Time, Why};

/// Buckets that are kept; when there are more, those that are full again go, and then all.
const BUCKETS_MAX: usize = 100_000;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trying {
    /// To sign in.
    SignIn,
    /// A password of one account, in vain.
    Password,
    /// A recovery code of one account, in vain.
    RecoveryCode,
    /// To register a client.
    Registration,
    /// To have a document fetched from a host.
    Document,
    /// To get codes for a device.
    DeviceAuthorization,
    /// A device's code by one person, in vain.
    UserCode,
    /// The same from one address.
    UserCodeFromAddress,
    /// The same by anybody in a tenant.
    AnyUserCode,
    /// To ask anything of a machine's endpoint, from one address.
    FromAddress,
    /// The same, by one client.
    ByClient,
    /// The same, of one tenant.
    OfTenant,
}

impl Trying {
    const fn said(self) -> &'static str {
        match self {
            Self::SignIn => "sign-ins from this address",
            Self::Password => "failed sign-ins for this login",
            Self::RecoveryCode => "wrong recovery codes for this login",
            Self::Registration => "registrations from this address",
            Self::Document => "client documents from this host",
            Self::DeviceAuthorization => "device codes for this address",
            Self::UserCode => "wrong device codes of this person",
            Self::UserCodeFromAddress => "wrong device codes from this address",
            Self::AnyUserCode => "wrong device codes in this tenant",
            Self::FromAddress => "requests from this address",
            Self::ByClient => "requests of this client",
            Self::OfTenant => "requests in this tenant",
        }
    }
}

/// Tries that are left, and when they were counted.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In sixtieths: a try costs sixty, a second gives back as many as may be tried a minute.
    left: i64,
    at: Time,
}

/// The buckets of a node.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: Mutex<BTreeMap<(Trying, String), Bucket>>,
}

/// What one try costs, in sixtieths.
const ONE: i64 = 60;

impl Throttle {
    /// Takes one try, or refuses.
    pub(crate) fn take(&self, trying: Trying, key: &str, per_minute: u32, now: Time) -> Result<(), Why> {
        self.with(trying, key, per_minute, now, |bucket| {
            let enough = bucket.left >= ONE;
            if enough {
                bucket.left = bucket.left.saturating_sub(ONE);
            }
            enough
        })
    }

    /// Whether a try is left; it is taken by [`Self::take`] only when it was in vain.
    pub(crate) fn look(&self, trying: Trying, key: &str, per_minute: u32, now: Time) -> Result<(), Why> {
        self.with(trying, key, per_minute, now, |bucket| bucket.left >= ONE)
    }

    fn with(
        &self,
        trying: Trying,
        key: &str,
        per_minute: u32,
        now: Time,
        use_it: impl FnOnce(&mut Bucket) -> bool,
    ) -> Result<(), Why> {
        let rate = i64::from(per_minute);
        let full = rate.saturating_mul(ONE);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| now.since(bucket.at) < 60);
        }
        if buckets.len() >= BUCKETS_MAX {
            buckets.clear();
        }
        let bucket = buckets
            .entry((trying, key.to_owned()))
            .or_insert(Bucket { left: full, at: now });
        let passed = now.since(bucket.at).clamp(0, 60);
        bucket.left = bucket.left.saturating_add(passed.saturating_mul(rate)).min(full);
        bucket.at = now;
        if use_it(bucket) {
            return Ok(());
        }
        let missing = ONE.saturating_sub(bucket.left).max(1);
        let seconds = missing
            .saturating_add(rate.saturating_sub(1))
            .checked_div(rate)
            .unwrap_or(60); // rounded up; nothing comes back to an empty rate
        Err(Why::Throttled {
            what: trying.said(),
            seconds: u32::try_from(seconds.clamp(1, 60)).unwrap_or(60),
        })
    }
}

/// The bucket of an address: one for an IPv4 address in whatever form, one for a /64 of IPv6, which is what one customer has (S-39).
pub(crate) fn address_key(tenant: &TenantId, address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => format!("{tenant}/{four}"),
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{tenant}/{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_39_tries_come_back_with_time_and_addresses_have_one_form() {
        let throttle = Throttle::default();
        let take = |key: &str, second| throttle.take(Trying::SignIn, key, 3, Time::from_unix(second)).is_ok();
        assert_eq!([0, 0, 0, 0].map(|second| take("a", second)), [true, true, true, false]);
        assert!(take("b", 0), "another address has its own");
        assert!(
            !take("a", 19) && take("a", 20) && !take("a", 21),
            "one try every twenty seconds"
        );
        assert_eq!(
            [200, 200, 200, 200].map(|second| take("a", second)),
            [true, true, true, false]
        );
        assert!(!take("a", 100), "a clock that goes back gives nothing");

        let tenant = TenantId::parse("t").unwrap();
        let key = |text: &str| address_key(&tenant, text.parse().unwrap());
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }

    #[test]
    fn s_49_buckets_are_bounded() {
        let throttle = Throttle::default();
        for n in 0..BUCKETS_MAX + 10 {
            throttle
                .take(Trying::SignIn, &n.to_string(), 1, Time::from_unix(0))
                .unwrap();
        }
        assert!(throttle.buckets.lock().unwrap().len() <= BUCKETS_MAX);
    }
}
