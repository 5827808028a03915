use crate::{Endpoint, RouteError, endpoint::without_query};

/// What a method and a path lead to: a call that is answered at once, or a job, which is answered later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route<'p> {
    /// A call of an endpoint.
    Call(Endpoint),
    /// `POST /v1/jobs?endpoint=PATH`: the same body as the endpoint takes, to be worked on without a held connection.
    Submit(Endpoint),
    /// Something about a job there is.
    Job(JobCall<'p>),
}

/// Something about a job there is; none has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobCall<'p> {
    /// What is asked for.
    pub verb: JobVerb,
    /// In whose words.
    pub family: JobFamily,
    /// The job's id, as the path has it.
    pub id: &'p str,
}

/// What may be asked of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobVerb {
    /// `GET …/{id}`: how it stands, and its answer.
    Get,
    /// `POST …/{id}/cancel`
    Cancel,
    /// `DELETE …/{id}`: cancel it if it is not over, and forget it.
    Delete,
}

/// Under which paths jobs are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobFamily {
    /// `/v1/jobs`
    Jobs,
    /// `/v1/responses`: those that were made by `"background": true`.
    Responses,
}

impl<'p> Route<'p> {
    /// Finds what a method and a path with its query lead to. Only jobs have a query that counts: which endpoint they
    /// are for.
    ///
    /// # Errors
    /// [`RouteError`] says what is wrong.
    pub fn of(method: &str, path: &'p str) -> Result<Self, RouteError> {
        let bare = without_query(path);
        if bare == "/v1/jobs" {
            return match method {
                "POST" => Self::submitted(path).map(Self::Submit),
                _ => Err(RouteError::MethodNotAllowed),
            };
        }
        let (family, rest) = match (bare.strip_prefix("/v1/jobs/"), bare.strip_prefix("/v1/responses/")) {
            (Some(rest), _) => (JobFamily::Jobs, rest),
            (None, Some(rest)) => (JobFamily::Responses, rest),
            (None, None) => return Endpoint::of_bare(method, bare).map(Self::Call),
        };
        let (id, verb) = match rest.strip_suffix("/cancel") {
            Some(id) => (id, (method == "POST").then_some(JobVerb::Cancel)),
            None => (
                rest,
                match method {
                    "GET" => Some(JobVerb::Get),
                    "DELETE" => Some(JobVerb::Delete),
                    _ => None,
                },
            ),
        };
        if id.is_empty() || id.contains('/') {
            return Err(RouteError::UnknownPath);
        }
        let verb = verb.ok_or(RouteError::MethodNotAllowed)?;
        Ok(Self::Job(JobCall { verb, family, id }))
    }

    /// The endpoint by whose rules filters judge the request: that of the body. What has no body is judged as
    /// [`Endpoint::Models`], which has none either.
    #[must_use]
    pub const fn judged_as(self) -> Endpoint {
        match self {
            Self::Call(endpoint) | Self::Submit(endpoint) => endpoint,
            Self::Job(_) => Endpoint::Models,
        }
    }

    /// Methods of a path, for the header `allow`.
    #[must_use]
    pub fn allowed(path: &'p str) -> &'static str {
        if matches!(Self::of("GET", path), Ok(Self::Job(_))) {
            "GET, DELETE"
        } else if matches!(Self::of("GET", path), Ok(Self::Call(_))) {
            "GET"
        } else {
            "POST"
        }
    }

    /// The endpoint that a job is for. Two readers must not find two different ones, so it is named once and as it is:
    /// `/` may be written `%2F`, nothing else is decoded.
    fn submitted(path: &str) -> Result<Endpoint, RouteError> {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let mut named = query.split('&').filter_map(|pair| pair.strip_prefix("endpoint="));
        let (Some(endpoint), None) = (named.next(), named.next()) else {
            return Err(RouteError::UnknownJobEndpoint);
        };
        let known = Endpoint::JOBS.iter().find(|known| {
            let mut rest = endpoint;
            let mut parts = known.path().split('/').skip(1);
            parts.all(|part| {
                let slash = ["/", "%2F", "%2f"]
                    .into_iter()
                    .find_map(|slash| rest.strip_prefix(slash));
                match slash.and_then(|after| after.strip_prefix(part)) {
                    Some(after) => {
                        rest = after;
                        true
                    }
                    None => false,
                }
            }) && rest.is_empty()
        });
        known.copied().ok_or(RouteError::UnknownJobEndpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_calls_and_jobs() {
        use JobFamily::{Jobs, Responses};
        use JobVerb::{Cancel, Delete, Get};
        let job = |verb, family, id| Ok(Route::Job(JobCall { verb, family, id }));
        let wrong = Err(RouteError::UnknownJobEndpoint);
        let table = [
            (
                "POST",
                "/v1/chat/completions",
                Ok(Route::Call(Endpoint::ChatCompletions)),
            ),
            ("POST", "/v1/responses", Ok(Route::Call(Endpoint::Responses))),
            ("GET", "/v1/models/a", Ok(Route::Call(Endpoint::Models))),
            (
                "POST",
                "/v1/jobs?endpoint=/v1/messages",
                Ok(Route::Submit(Endpoint::Messages)),
            ),
            (
                "POST",
                "/v1/jobs?a=b&endpoint=%2Fv1%2fresponses&c",
                Ok(Route::Submit(Endpoint::Responses)),
            ),
            (
                "POST",
                "/v1/jobs?endpoint=/v1/chat/completions",
                Ok(Route::Submit(Endpoint::ChatCompletions)),
            ),
            (
                "POST",
                "/v1/jobs?endpoint=/v1/embeddings",
                Ok(Route::Submit(Endpoint::Embeddings)),
            ),
            ("POST", "/v1/jobs", wrong),
            ("POST", "/v1/jobs?endpoint=", wrong),
            ("POST", "/v1/jobs?endpoint=/v1/messages&endpoint=/v1/messages", wrong),
            ("POST", "/v1/jobs?endpoint=/v1/messages/count_tokens", wrong),
            ("POST", "/v1/jobs?endpoint=/v1/messagesx", wrong),
            ("POST", "/v1/jobs?endpoint=/v1/models", wrong),
            ("POST", "/v1/jobs?endpoint=/mcp", wrong),
            ("POST", "/v1/jobs?endpoint=v1/messages", wrong),
            ("POST", "/v1/jobs?endpoint=/v1/mess%61ges", wrong),
            ("GET", "/v1/jobs", Err(RouteError::MethodNotAllowed)),
            ("GET", "/v1/jobs/job_1?stream=true", job(Get, Jobs, "job_1")),
            ("DELETE", "/v1/jobs/job_1", job(Delete, Jobs, "job_1")),
            ("POST", "/v1/jobs/job_1/cancel", job(Cancel, Jobs, "job_1")),
            ("GET", "/v1/jobs/job_1/cancel", Err(RouteError::MethodNotAllowed)),
            ("POST", "/v1/jobs/job_1", Err(RouteError::MethodNotAllowed)),
            ("GET", "/v1/jobs/", Err(RouteError::UnknownPath)),
            ("POST", "/v1/jobs//cancel", Err(RouteError::UnknownPath)),
            ("GET", "/v1/jobs/a/b", Err(RouteError::UnknownPath)),
            ("GET", "/v1/responses/resp_1", job(Get, Responses, "resp_1")),
            ("DELETE", "/v1/responses/resp_1", job(Delete, Responses, "resp_1")),
            ("POST", "/v1/responses/resp_1/cancel", job(Cancel, Responses, "resp_1")),
            ("GET", "/v1/responses/resp_1/input_items", Err(RouteError::UnknownPath)),
        ];
        for (method, path, expected) in table {
            assert_eq!(Route::of(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_body_is_judged_as_that_of_the_endpoint_it_is_for() {
        let table = [
            ("POST", "/v1/jobs?endpoint=/v1/messages", Endpoint::Messages),
            ("POST", "/v1/messages", Endpoint::Messages),
            ("GET", "/v1/jobs/job_1", Endpoint::Models),
        ];
        for (method, path, expected) in table {
            assert_eq!(Route::of(method, path).map(Route::judged_as), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_path_has_its_methods() {
        let table = [
            ("/v1/jobs/job_1", "GET, DELETE"),
            ("/v1/responses/resp_1", "GET, DELETE"),
            ("/v1/jobs/job_1/cancel", "POST"),
            ("/v1/jobs", "POST"),
            ("/v1/models", "GET"),
            ("/v1/responses", "POST"),
        ];
        for (path, expected) in table {
            assert_eq!(Route::allowed(path), expected, "{path}");
        }
    }
}
