//! From values to settings that can work together.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use keys::rotation::Schedule;
use server::{ClientCertificates, Limits, Peers};
use url::{Host, Url};

use super::{
    Effective,
    database::{self, DatabaseSource},
    kek::Kek,
    nearest::nearest,
    problem::Problems,
    proxy,
    read::{Source, Value, Values},
    reference::Reference,
    table::{self, KEYS, Key},
};

/// What a node is started with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) origin: String,
    pub(crate) listen: SocketAddr,
    pub(crate) transport: Transport,
    /// Whose word counts on the address and the certificate of whoever asks.
    pub(crate) peers: Peers,
    /// The file of those who vouch for the certificates of clients.
    pub(crate) client_authorities: Option<PathBuf>,
    pub(crate) database: DatabaseSource,
    pub(crate) kek: Kek,
    pub(crate) rotation: Schedule,
    pub(crate) limits: Limits,
    pub(crate) log: LogSettings,
    /// Every key with its value and where that comes from.
    pub(crate) effective: Vec<Effective>,
}

impl Config {
    /// Whether clients can show certificates: to us, or to a proxy that hands them on.
    pub(crate) fn client_certificates(&self) -> ClientCertificates {
        let handed_on = matches!(&self.peers, Peers::Listed(proxies) if proxies.certificate.is_some());
        match &self.transport {
            Transport::Https { clients, .. } if *clients == ClientCertificates::Optional => {
                ClientCertificates::Optional
            }
            Transport::Https { .. } | Transport::BehindProxy | Transport::Loopback if handed_on => {
                ClientCertificates::Optional
            }
            Transport::Https { .. } | Transport::BehindProxy | Transport::Loopback => ClientCertificates::Off,
        }
    }
}

/// How requests reach the node (product decision 30).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// It speaks https itself.
    Https {
        certificate: PathBuf,
        key: PathBuf,
        clients: ClientCertificates,
    },
    /// A proxy speaks https and hands plain http on.
    BehindProxy,
    /// Plain http that never leaves the machine.
    Loopback,
}

/// How to log.
#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    pub(crate) format: LogFormat,
    pub(crate) level: String,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Makes sense of the values. `None` only beside problems.
pub(super) fn interpret(values: &Values, folder: &Path, problems: &mut Problems) -> Option<Config> {
    let mut reader = Reader {
        values,
        folder,
        problems,
    };
    let origin = reader.origin();
    let listen = reader.listen();
    let transport = match (&origin, listen) {
        (Some(origin), Some(listen)) => reader.transport(origin, listen),
        _ => None,
    };
    let peers = transport.as_ref().and_then(|transport| reader.peers(transport));
    let client_authorities = reader.client_authorities();
    let database = reader.database();
    let kek = reader.kek();
    let rotation = reader.rotation();
    let limits = reader.limits();
    let log = reader.log();
    Some(Config {
        origin: origin?.origin().ascii_serialization(),
        listen: listen?,
        transport: transport?,
        peers: peers?,
        client_authorities,
        database: database?,
        kek: kek?,
        rotation: rotation?,
        limits: limits?,
        log: log?,
        effective: KEYS.iter().map(|key| effective(key, values.get(key))).collect(),
    })
}

struct Reader<'a> {
    values: &'a Values,
    folder: &'a Path,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn value(&mut self, key: &Key, example: &str) -> Option<Value> {
        let value = self.values.get(key).filter(|value| !value.text.is_empty()).cloned();
        if value.is_none() {
            self.problems.add(
                &self.values.file,
                format!(
                    "{} is missing; write below [{}]: {} = {example}",
                    key.full(),
                    key.section,
                    key.name
                ),
            );
        }
        value
    }

    fn wrong<T>(&mut self, value: &Value, key: &Key, what: &str) -> Option<T> {
        self.problems.add(&value.place, format!("{}: {what}", key.full()));
        None
    }

    fn origin(&mut self) -> Option<Url> {
        let key = &table::ORIGIN;
        let value = self.value(key, "\"https://auth.example.com\"")?;
        let parsed = Url::parse(&value.text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(parsed) = parsed else {
            return self.wrong(
                &value,
                key,
                "must be scheme, host and port, as in \"https://auth.example.com\"",
            );
        };
        let plain = parsed.origin().ascii_serialization();
        if plain != value.text {
            return self.wrong(
                &value,
                key,
                &format!("write scheme, host and port only, in their plain form: \"{plain}\""),
            );
        }
        Some(parsed)
    }

    fn listen(&mut self) -> Option<SocketAddr> {
        let key = &table::LISTEN;
        let value = self.value(key, "\"0.0.0.0:443\"")?;
        match value.text.parse() {
            Ok(address) => Some(address),
            Err(_) => self.wrong(
                &value,
                key,
                "must be an address and a port, as in \"0.0.0.0:443\" or \"[::1]:8460\"",
            ),
        }
    }

    fn transport(&mut self, origin: &Url, listen: SocketAddr) -> Option<Transport> {
        let certificate = self.values.get(&table::CERTIFICATE).cloned();
        let key = self.values.get(&table::TLS_KEY).cloned();
        let proxy = self
            .values
            .get(&table::TRUSTED_PROXY)
            .filter(|value| value.text == "true")
            .cloned();
        let said = self.values.get(&table::ORIGIN).cloned()?;
        let clients = self.clients(certificate.is_some())?;
        let local = is_loopback(origin);
        match (certificate, key, proxy) {
            (Some(_), _, Some(proxy)) | (_, Some(_), Some(proxy)) => {
                self.wrong(&proxy, &table::TRUSTED_PROXY, "either a proxy speaks https (trusted_proxy) or the node does (certificate and key), not both")
            }
            (Some(certificate), None, None) => self.wrong(&certificate, &table::CERTIFICATE, "needs tls.key beside it: the certificate's private key"),
            (None, Some(key), None) => self.wrong(&key, &table::TLS_KEY, "needs tls.certificate beside it: the certificate chain"),
            (Some(certificate), Some(key), None) => {
                if origin.scheme() != "https" {
                    return self.wrong(&said, &table::ORIGIN, "must start with https://, since [tls] has a certificate");
                }
                Some(Transport::Https { certificate: self.folder.join(certificate.text), key: self.folder.join(key.text), clients })
            }
            (None, None, Some(_)) => {
                if origin.scheme() != "https" && !local {
                    return self.wrong(&said, &table::ORIGIN, "must start with https://: that is what clients speak to the proxy, and what tokens name");
                }
                if !may_be_private(listen.ip()) {
                    let value = self.values.get(&table::LISTEN).cloned()?;
                    return self.wrong(&value, &table::LISTEN, "is a public address, and behind trusted_proxy the node speaks plain http: listen on a loopback or private address that only the proxy reaches");
                }
                Some(Transport::BehindProxy)
            }
            (None, None, None) if origin.scheme() == "http" && local => {
                if !listen.ip().is_loopback() {
                    let value = self.values.get(&table::LISTEN).cloned()?;
                    return self.wrong(&value, &table::LISTEN, "must be a loopback address, as in \"127.0.0.1:8460\", since the origin is plain http on this machine");
                }
                Some(Transport::Loopback)
            }
            (None, None, None) if origin.scheme() == "http" => {
                self.wrong(&said, &table::ORIGIN, "plain http is for loopback only, since tokens and secrets would travel in the open: use https:// with [tls] certificate and key, or trusted_proxy = true")
            }
            (None, None, None) => self.wrong(&said, &table::ORIGIN, "nothing says how https is spoken: give [tls] certificate and key, or trusted_proxy = true when a proxy does it"),
        }
    }

    /// Whether clients are asked for certificates, which only who speaks https can do.
    fn clients(&mut self, ours: bool) -> Option<ClientCertificates> {
        let key = &table::CLIENT_CERTIFICATES;
        let value = self.value(key, "\"optional\"")?;
        match value.text.as_str() {
            "off" => Some(ClientCertificates::Off),
            "optional" if ours => Some(ClientCertificates::Optional),
            "optional" => self.wrong(&value, key, "the node asks for certificates only where it speaks https itself (tls.certificate and tls.key); behind a proxy, that asks, and hands them on in proxy.certificate_header"),
            _ => self.wrong(&value, key, "must be \"off\" or \"optional\""),
        }
    }

    fn client_authorities(&mut self) -> Option<PathBuf> {
        let key = &table::CLIENT_AUTHORITIES;
        let value = self.values.get(key).filter(|value| !value.text.is_empty()).cloned()?;
        let asked = self
            .values
            .get(&table::CLIENT_CERTIFICATES)
            .is_some_and(|value| value.text != "off");
        if !asked && self.values.get(&table::CERTIFICATE_HEADER).is_none() {
            return self.wrong(&value, key, "nobody shows a certificate: set tls.client_certificates = \"optional\", or proxy.certificate_header where a proxy asks for them");
        }
        Some(self.folder.join(value.text))
    }

    fn peers(&mut self, transport: &Transport) -> Option<Peers> {
        match proxy::peers(self.values, transport) {
            Ok(peers) => Some(peers),
            Err((key, what)) => {
                let value = self.values.get(&key).cloned()?;
                self.wrong(&value, &key, &what)
            }
        }
    }

    fn database(&mut self) -> Option<DatabaseSource> {
        let key = &table::DATABASE;
        let value = self.value(key, "\"sqlite:/var/lib/prokura/prokura.db\"")?;
        let source = match DatabaseSource::parse(&value.text, self.folder) {
            Ok(source) => source,
            Err(wanted) => return self.wrong(&value, key, wanted),
        };
        if value.source == Source::File && database::has_password(&value.text) {
            return self.wrong(&value, key, "has a password in it: move the URL into a file that only its owner can read and write here \"file:/path\", or into a variable and write \"env:NAME\"");
        }
        Some(source)
    }

    fn kek(&mut self) -> Option<Kek> {
        let key = &table::KEK;
        let value = self.value(key, "\"file:/etc/prokura/kek\"")?;
        match Reference::parse(&value.text, self.folder) {
            Some(reference) => Some(Kek(reference)),
            None => self.wrong(
                &value,
                key,
                "must be \"file:/path\" or \"env:NAME\": the key itself never stands in the configuration",
            ),
        }
    }

    fn rotation(&mut self) -> Option<Schedule> {
        let number = |values: &Values, key: &Key| values.get(key).and_then(|value| value.text.parse().ok());
        let schedule = Schedule {
            rotate_every_seconds: number(self.values, &table::ROTATE_EVERY)?,
            publish_ahead_seconds: number(self.values, &table::PUBLISH_AHEAD)?,
            ..Schedule::default()
        };
        match schedule.validated() {
            Ok(schedule) => Some(schedule),
            Err(fault) => {
                let blamed = [table::PUBLISH_AHEAD, table::ROTATE_EVERY].into_iter().find(|key| {
                    self.values
                        .get(key)
                        .is_some_and(|value| value.source != Source::Default)
                });
                let value = self.values.get(&blamed.unwrap_or(table::PUBLISH_AHEAD)).cloned()?;
                self.problems.add(&value.place, fault.to_string());
                None
            }
        }
    }

    /// Requests a minute; 0 is without limit.
    fn limits(&mut self) -> Option<Limits> {
        let mut of = |key: &Key| {
            let value = self.value(key, "0")?;
            match value.text.parse::<u32>() {
                Ok(0) => Some(None),
                Ok(per_minute) => Some(Some(per_minute)),
                Err(_) => self.wrong(&value, key, "must be a number of requests a minute, 0 for no limit"),
            }
        };
        let (address, client, tenant) = (of(&table::PER_ADDRESS), of(&table::PER_CLIENT), of(&table::PER_TENANT));
        Some(Limits {
            requests_per_address_per_minute: address?,
            requests_per_client_per_minute: client?,
            requests_per_tenant_per_minute: tenant?,
            ..Limits::default()
        })
    }

    fn log(&mut self) -> Option<LogSettings> {
        let format = self.value(&table::LOG_FORMAT, "\"text\"")?;
        let level = self.value(&table::LOG_LEVEL, "\"info\"")?;
        let format = match format.text.as_str() {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => self.wrong(&format, &table::LOG_FORMAT, "must be \"text\" or \"json\""),
        };
        let known = LEVELS.contains(&level.text.as_str());
        if !known {
            let meant = nearest(&level.text, LEVELS.iter().copied())
                .map_or_else(String::new, |level| format!("; did you mean {level}?"));
            self.wrong::<()>(
                &level,
                &table::LOG_LEVEL,
                &format!("must be error, warn, info, debug or trace{meant}"),
            );
        }
        Some(LogSettings {
            format: format?,
            level: known.then_some(level.text)?,
        })
    }
}

const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];

fn effective(key: &Key, value: Option<&Value>) -> Effective {
    let (text, origin) = value.map_or(("", "not set"), |value| (value.text.as_str(), value.place.as_str()));
    let shown = if *key == table::DATABASE {
        database::masked(text)
    } else {
        text.to_owned()
    };
    Effective {
        key: key.full(),
        shown,
        origin: origin.to_owned(),
    }
}

/// Whether the host of a URL is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address can be one that only a proxy reaches. "All addresses" can, in a container; serve warns about it.
fn may_be_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified(),
    }
}
