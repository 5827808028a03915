use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use hyper::Uri;

use super::ForwardAddress;

/// Where the forwarder listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForwardListen {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// `127.0.0.1:8080`, `[::1]:0`.
pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write IP:PORT, such as 127.0.0.1:8080; port 0 picks a free one".to_owned())
}

/// `127.0.0.1:8081`, `/run/bartizan/forward.sock`, `unix:forward.sock`.
pub(super) fn forward_listen(text: &str) -> Result<ForwardListen, String> {
    if let Ok(address) = text.parse() {
        return Ok(ForwardListen::Tcp(address));
    }
    match text.strip_prefix("unix:") {
        Some(path) if !path.is_empty() => Ok(ForwardListen::Unix(path.into())),
        None if text.contains('/') => Ok(ForwardListen::Unix(text.into())),
        _ => Err("write a path with a slash, unix:PATH, or IP:PORT such as 127.0.0.1:8081".to_owned()),
    }
}

/// As [`forward_listen`], or `name:8081` for a name that Envoy resolves.
pub(super) fn forward_target(text: &str) -> Result<ForwardAddress, String> {
    match forward_listen(text) {
        Ok(ForwardListen::Unix(path)) => return Ok(ForwardAddress::Unix(path)),
        Ok(ForwardListen::Tcp(address)) if address.port() != 0 => return Ok(ForwardAddress::Tcp(address)),
        // A port 0, which the next step refuses, or a name.
        Ok(ForwardListen::Tcp(_)) | Err(_) => {}
    }
    match host_and_port(text) {
        Ok((host, port)) => Ok(ForwardAddress::Dns { host, port }),
        Err(_) => Err("write HOST:PORT such as forward:8081, or unix:PATH".to_owned()),
    }
}

/// `xds.bartizan.svc:18000`, `10.0.0.5:18000`.
pub(super) fn host_and_port(text: &str) -> Result<(String, u16), String> {
    if let Ok(address @ SocketAddr::V6(_)) = text.parse() {
        return Ok((address.ip().to_string(), address.port()));
    }
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) if is_host_name(host) && port != 0 => Ok((host.to_owned(), port)),
        _ => Err("write HOST:PORT, such as xds.example.com:18000".to_owned()),
    }
}

/// `http://127.0.0.1:10000`, `https://envoy.example.com`. What is sent there carries credentials and prompts, so plain
/// HTTP does not leave the machine.
pub(super) fn edge(text: &str) -> Result<Uri, String> {
    let is_whole = |uri: &Uri| {
        let scheme = uri.scheme_str();
        matches!(scheme, Some("http" | "https")) && uri.path() == "/" && uri.query().is_none()
    };
    let uri: Option<Uri> = text.parse().ok().filter(is_whole);
    let uri = uri.ok_or_else(|| "write a URL without a path, such as http://127.0.0.1:10000".to_owned())?;
    if uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback) {
        return Err(
            "jobs carry credentials, so plain http goes to this machine only; write https://HOST:PORT, and --edge-ca \
             where the system's authorities do not vouch for Envoy"
                .to_owned(),
        );
    }
    Ok(uri)
}

/// Whether a host as it stands in a URL is this machine, without asking anybody.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forwarder_listens_on_a_path_or_an_address() {
        let table = [
            ("/run/f.sock", Ok(ForwardListen::Unix("/run/f.sock".into()))),
            ("./f.sock", Ok(ForwardListen::Unix("./f.sock".into()))),
            ("unix:f.sock", Ok(ForwardListen::Unix("f.sock".into()))),
            ("127.0.0.1:0", Ok(ForwardListen::Tcp(([127, 0, 0, 1], 0).into()))),
            ("forward:8081", Err(())),
            ("unix:", Err(())),
            ("", Err(())),
        ];
        for (text, expected) in table {
            assert_eq!(forward_listen(text).map_err(drop), expected, "{text}");
        }
    }

    #[test]
    fn an_edge_is_a_url_without_a_path_and_plain_on_this_machine_alone() {
        for (text, is_good) in [
            ("http://127.0.0.1:10000", true),
            ("https://envoy.example.com/", true),
            ("http://localhost:10000", true),
            ("http://[::1]:10000", true),
            ("http://127.8.0.1", true),
            ("http://10.0.0.7:10000", false),
            ("http://0.0.0.0:10000", false),
            ("http://[::]:10000", false),
            ("http://envoy:10000", false),
            ("http://localhost.example.com:10000", false),
            ("https://10.0.0.7:10000", true),
            ("https://envoy/v1", false),
            ("https://envoy/?a", false),
            ("envoy:10000", false),
            ("ftp://envoy", false),
        ] {
            assert_eq!(edge(text).is_ok(), is_good, "{text}");
        }
    }

    #[test]
    fn a_forwarder_is_reached_by_path_address_or_name() {
        let name = ForwardAddress::Dns {
            host: "forward.bartizan.svc".to_owned(),
            port: 8081,
        };
        let table = [
            ("unix:/run/f.sock", Ok(ForwardAddress::Unix("/run/f.sock".into()))),
            ("10.0.0.7:8081", Ok(ForwardAddress::Tcp(([10, 0, 0, 7], 8081).into()))),
            ("forward.bartizan.svc:8081", Ok(name)),
            ("127.0.0.1:0", Err(())),
            ("forward", Err(())),
            ("forward:port", Err(())),
            ("bad_host:1", Err(())),
            (":1", Err(())),
        ];
        for (text, expected) in table {
            assert_eq!(forward_target(text).map_err(drop), expected, "{text}");
        }
    }
}
