//! Signatures of requests to Amazon Bedrock: Signature Version 4, of the address, the body and the headers that matter.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign as signed},
    sign::v4,
};
use http::{HeaderName, HeaderValue, Request, header};

use crate::credential::AwsKeys;

/// What requests to Bedrock are signed for, whatever part of it they go to.
const SERVICE: &str = "bedrock";

/// What a signature is good for.
#[derive(Clone, Copy, Debug)]
struct Scope<'a> {
    region: &'a str,
    service: &'a str,
}

/// A request that cannot be signed.
#[derive(Debug)]
pub(crate) struct Unsignable;

/// Signs a request to Bedrock with this body; good for five minutes from `now` on.
///
/// # Errors
/// When the request has a header or an address that no signature covers.
pub(crate) fn sign<B>(
    request: &mut Request<B>,
    body: &[u8],
    keys: &AwsKeys,
    region: &str,
    now: SystemTime,
) -> Result<(), Unsignable> {
    let service = SERVICE;
    sign_for(request, body, keys, Scope { region, service }, now)
}

fn sign_for<B>(
    request: &mut Request<B>,
    body: &[u8],
    keys: &AwsKeys,
    scope: Scope<'_>,
    now: SystemTime,
) -> Result<(), Unsignable> {
    let token = keys.session_token.as_ref().map(|token| token.expose().clone());
    let secret = keys.secret_access_key.expose().as_str();
    let identity = Credentials::new(keys.access_key_id.as_str(), secret, token, None, "policy").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| Unsignable)?
        .into();
    // WHY the type alone: the rest says nothing that a signature has to protect, and may change on the way.
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| Some(("content-type", value.to_str().ok()?)));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        content_type.into_iter(),
        SignableBody::Bytes(body),
    );
    let output = signed(signable.map_err(|_| Unsignable)?, &parameters).map_err(|_| Unsignable)?;
    let (instructions, _) = output.into_parts();
    let (headers, _) = instructions.into_parts();
    for signed in headers {
        let mut value = HeaderValue::try_from(signed.value()).map_err(|_| Unsignable)?;
        value.set_sensitive(signed.sensitive());
        request
            .headers_mut()
            .insert(HeaderName::from_static(signed.name()), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bartizan_platform::secret::Secret;

    use super::*;

    /// The moment of AWS's published examples: 2015-08-30T12:36:00Z.
    const EXAMPLE_TIME: Duration = Duration::from_secs(1_440_938_160);

    fn keys(token: Option<&str>) -> AwsKeys {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
        AwsKeys::new("AKIDEXAMPLE", secret, token.map(|token| Secret::new(token.to_owned()))).unwrap()
    }

    fn request(uri: &str, content_type: Option<&'static str>) -> Request<()> {
        let mut request = Request::post(uri).body(()).unwrap();
        if let Some(content_type) = content_type {
            let value = HeaderValue::from_static(content_type);
            request.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        request
    }

    fn authorization(request: &Request<()>) -> &str {
        request.headers()[header::AUTHORIZATION].to_str().unwrap()
    }

    #[test]
    fn signatures_are_those_of_awss_examples() {
        let scope = Scope {
            region: "us-east-1",
            service: "service",
        };
        let table = [
            (
                None,
                "",
                "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                Some("application/x-www-form-urlencoded"),
                "Param1=value1",
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ];
        for (content_type, body, headers, signature) in table {
            let mut request = request("https://example.amazonaws.com/", content_type);
            let now = SystemTime::UNIX_EPOCH + EXAMPLE_TIME;
            sign_for(&mut request, body.as_bytes(), &keys(None), scope, now).unwrap();
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders={headers}, Signature={signature}"
            );
            assert_eq!(authorization(&request), expected);
            assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
        }
    }

    #[test]
    fn keys_that_expire_send_their_token_which_never_prints() {
        let uri = "http://127.0.0.1:9/model/maker.model-v1%3A0/converse";
        let mut request = request(uri, Some("application/json"));
        let now = SystemTime::UNIX_EPOCH + EXAMPLE_TIME;
        sign(&mut request, b"{}", &keys(Some("planted-token")), "eu-central-1", now).unwrap();
        assert_eq!(request.headers()["x-amz-security-token"], "planted-token");
        let signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token";
        assert!(authorization(&request).contains(signed), "{}", authorization(&request));
        let scope = "Credential=AKIDEXAMPLE/20150830/eu-central-1/bedrock/aws4_request";
        assert!(authorization(&request).contains(scope));
        assert!(!format!("{request:?}").contains("planted"));
    }

    #[test]
    fn what_is_signed_cannot_be_changed() {
        let signed = |uri: &str, body: &[u8], region: &str, token: Option<&str>| {
            let mut request = request(uri, Some("application/json"));
            let now = SystemTime::UNIX_EPOCH + EXAMPLE_TIME;
            sign(&mut request, body, &keys(token), region, now).unwrap();
            authorization(&request).to_owned()
        };
        let uri = "https://a.example/model/m%3A0/converse";
        let one = signed(uri, b"{}", "us-east-1", None);
        assert_eq!(one, signed(uri, b"{}", "us-east-1", None));
        for other in [
            signed("https://a.example/model/m/converse", b"{}", "us-east-1", None),
            signed("https://b.example/model/m%3A0/converse", b"{}", "us-east-1", None),
            signed(uri, b"{ }", "us-east-1", None),
            signed(uri, b"{}", "us-east-2", None),
            signed(uri, b"{}", "us-east-1", Some("t")),
        ] {
            assert_ne!(one, other);
        }
    }
}
