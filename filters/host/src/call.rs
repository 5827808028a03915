use core::{fmt, str::FromStr};

use bartizan_verdict::{Dialect, Endpoint, header};

use crate::Request;

/// What auth tells the filters after it, in one header (`x-bartizan-call: chat_completions openai acme`), because
/// reading three costs three times as much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub endpoint: Endpoint,
    /// The dialect to answer in.
    pub dialect: Dialect,
    /// Name of the tenant that calls.
    pub tenant: String,
}

/// Not a value of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseCallError;

// === impl Call ===

impl Call {
    /// Reads the header; `None` if it is not there or not what auth writes, or if Envoy refuses.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Option<Self> {
        let value = request.header(header::CALL).ok()??;
        core::str::from_utf8(&value).ok()?.parse().ok()
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (endpoint, dialect) = (self.endpoint.as_str(), self.dialect.as_str());
        write!(formatter, "{endpoint} {dialect} {}", self.tenant)
    }
}

impl FromStr for Call {
    type Err = ParseCallError;

    fn from_str(text: &str) -> Result<Self, ParseCallError> {
        let mut words = text.splitn(3, ' ');
        let mut next = || words.next().ok_or(ParseCallError);
        let (endpoint, dialect, tenant) = (next()?, next()?, next()?);
        let named = Endpoint::ALL.iter().find(|known| known.as_str() == endpoint);
        let spoken = Dialect::ALL.iter().find(|known| known.as_str() == dialect);
        Ok(Self {
            endpoint: *named.ok_or(ParseCallError)?,
            dialect: *spoken.ok_or(ParseCallError)?,
            tenant: tenant.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reads_back_as_written() {
        for &endpoint in Endpoint::ALL {
            for &dialect in Dialect::ALL {
                let call = Call {
                    endpoint,
                    dialect,
                    tenant: "acme".to_owned(),
                };
                assert_eq!(call.to_string().parse(), Ok(call));
            }
        }
        let call = "models anthropic acme".parse().map(|call: Call| call.to_string());
        assert_eq!(call.as_deref(), Ok("models anthropic acme"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "models", "models openai", "model openai a", "models oai a"] {
            assert_eq!(text.parse::<Call>(), Err(ParseCallError), "{text}");
        }
    }
}
