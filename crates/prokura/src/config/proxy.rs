//! The proxies in front: who they are, and what their headers say.

use std::net::IpAddr;

use egress::Network;
use server::{CertificateFormat, CertificateHeader, Peers, Proxies};

use super::{
    read::{Source, Value, Values},
    settings::Transport,
    table::{self, Key},
};

/// A key, and what is wrong with its value.
type Wrong = (Key, String);

/// Whose word counts on who asks.
pub(super) fn peers(values: &Values, transport: &Transport) -> Result<Peers, Wrong> {
    let certificate = certificate(values)?;
    let Some(listed) = values.get(&table::PROXY_PEERS) else {
        return match (certificate, transport) {
            // A certificate stands for a key: whoever may say it may be anybody.
            (Some(_), _) => Err((
                table::CERTIFICATE_HEADER,
                "needs proxy.peers beside it: whoever may send this header can be any client".to_owned(),
            )),
            (None, Transport::BehindProxy) => Ok(Peers::Forwarded),
            (None, Transport::Https { .. } | Transport::Loopback) => Ok(Peers::Connected),
        };
    };
    Ok(Peers::Listed(Proxies {
        addresses: addresses(listed).map_err(|what| (table::PROXY_PEERS, what))?,
        certificate,
    }))
}

fn addresses(listed: &Value) -> Result<Vec<Network>, String> {
    let texts = listed.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    let addresses = texts.map(network).collect::<Result<Vec<_>, _>>()?;
    if addresses.is_empty() {
        return Err("names nobody; write the proxies' addresses, as in [\"10.0.0.7\", \"10.1.0.0/16\"]".to_owned());
    }
    Ok(addresses)
}

/// A network, or an address alone.
fn network(text: &str) -> Result<Network, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => format!("{address}/32").parse(),
        Ok(IpAddr::V6(address)) => format!("{address}/128").parse(),
        Err(_) => text.parse::<Network>(),
    };
    match network {
        Ok(network) if network.to_string().ends_with("/0") => {
            Err(format!("{text} is every address there is; name the proxies"))
        }
        Ok(network) => Ok(network),
        Err(error) => Err(format!("{text} is neither an address nor a network: {error}")),
    }
}

fn certificate(values: &Values) -> Result<Option<CertificateHeader>, Wrong> {
    let set = |key: &Key| values.get(key).filter(|value| !value.text.is_empty());
    let format = match values.get(&table::CERTIFICATE_FORMAT).map(|value| value.text.as_str()) {
        None | Some("rfc9440") => CertificateFormat::Rfc9440,
        Some("escaped_pem") => CertificateFormat::EscapedPem,
        Some(_) => {
            return Err((
                table::CERTIFICATE_FORMAT,
                "must be \"rfc9440\" or \"escaped_pem\"".to_owned(),
            ));
        }
    };
    let Some(name) = set(&table::CERTIFICATE_HEADER) else {
        let said = values
            .get(&table::CERTIFICATE_FORMAT)
            .is_some_and(|value| value.source != Source::Default);
        return if said {
            Err((
                table::CERTIFICATE_FORMAT,
                "is the format of proxy.certificate_header, which is not set".to_owned(),
            ))
        } else {
            Ok(None)
        };
    };
    CertificateHeader::new(&name.text, format).map(Some).map_err(|_| {
        (
            table::CERTIFICATE_HEADER,
            "must be the name of a header, as in \"Client-Cert\"".to_owned(),
        )
    })
}
