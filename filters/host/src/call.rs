use core::{fmt, str::FromStr};

use bartizan_verdict::{Dialect, Endpoint, header};

use crate::Request;

/// What auth tells the filters after it, in one header (`x-bartizan-call: chat_completions openai acme`), because
/// reading three costs three times as much. The work of a job, which was counted before, begins with a plus sign:
/// `+chat_completions openai acme`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub endpoint: Endpoint,
    /// The dialect to answer in.
    pub dialect: Dialect,
    /// Name of the tenant that calls.
    pub tenant: String,
    /// Whether it has been counted as a request before.
    pub counted: Counted,
}

/// Whether a request has been counted against its tenant's limit of requests before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It has not.
    NotYet,
    /// It has: it is the work of a job, and was counted when it was submitted.
    Before,
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
        let sign = match self.counted {
            Counted::NotYet => "",
            Counted::Before => "+",
        };
        write!(formatter, "{sign}{endpoint} {dialect} {}", self.tenant)
    }
}

impl FromStr for Call {
    type Err = ParseCallError;

    fn from_str(text: &str) -> Result<Self, ParseCallError> {
        let mut words = text.splitn(3, ' ');
        let mut next = || words.next().ok_or(ParseCallError);
        let (endpoint, dialect, tenant) = (next()?, next()?, next()?);
        let (endpoint, counted) = match endpoint.strip_prefix('+') {
            Some(endpoint) => (endpoint, Counted::Before),
            None => (endpoint, Counted::NotYet),
        };
        let named = Endpoint::ALL.iter().find(|known| known.as_str() == endpoint);
        let spoken = Dialect::ALL.iter().find(|known| known.as_str() == dialect);
        Ok(Self {
            endpoint: *named.ok_or(ParseCallError)?,
            dialect: *spoken.ok_or(ParseCallError)?,
            tenant: tenant.to_owned(),
            counted,
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
                for counted in [Counted::NotYet, Counted::Before] {
                    let call = Call {
                        endpoint,
                        dialect,
                        tenant: "acme".to_owned(),
                        counted,
                    };
                    assert_eq!(call.to_string().parse(), Ok(call));
                }
            }
        }
        let call = "models anthropic acme".parse().map(|call: Call| call.to_string());
        assert_eq!(call.as_deref(), Ok("models anthropic acme"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "models",
            "models openai",
            "model openai a",
            "models oai a",
            "++models openai a",
        ] {
            assert_eq!(text.parse::<Call>(), Err(ParseCallError), "{text}");
        }
    }
}
