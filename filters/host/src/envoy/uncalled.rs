//! What the SDK's traits offer and nothing calls.
//!
//! The SDK keeps contexts as trait objects, so that a module has every method of theirs, with all that it calls. Here they
//! are replaced by ones that do nothing, which makes each module 14 KB smaller. The filters make their hostcalls by
//! [`proxy_wasm::hostcalls`].

/// Methods that do nothing and give nothing, by their arguments and results.
macro_rules! uncalled {
    (@method $name:ident($($argument:ty),*) -> $result:ty) => {
        fn $name(&self, $(_: $argument),*) -> $result {
            Default::default()
        }
    };
    ($($arguments:tt -> $result:ty: $($name:ident)+;)+) => {
        $($(uncalled!(@method $name $arguments -> $result);)+)+
    };
}

/// Those of every context.
macro_rules! uncalled_of_context {
    () => {
        uncalled! {
            (Vec<&str>) -> Option<Bytes>: get_property;
            (Vec<&str>, Option<&[u8]>) -> (): set_property;
            (&str) -> (Option<Bytes>, Option<u32>): get_shared_data;
            (&str) -> u32: register_shared_queue;
            (&str, &str) -> Option<u32>: resolve_shared_queue;
            () -> Vec<(String, String)>: get_http_call_response_headers get_http_call_response_trailers;
            () -> Vec<(String, Bytes)>: get_http_call_response_headers_bytes get_http_call_response_trailers_bytes
                get_grpc_stream_initial_metadata get_grpc_stream_trailing_metadata;
            (&str) -> Option<String>: get_http_call_response_header get_http_call_response_trailer;
            (&str) -> Option<Bytes>: get_http_call_response_header_bytes get_http_call_response_trailer_bytes
                get_grpc_stream_initial_metadata_value get_grpc_stream_trailing_metadata_value;
            (usize, usize) -> Option<Bytes>: get_http_call_response_body get_grpc_call_response_body;
            (u32, Option<&[u8]>, bool) -> (): send_grpc_stream_message;
            (u32) -> (): cancel_grpc_call cancel_grpc_stream close_grpc_stream;
            () -> (u32, Option<String>): get_grpc_status;
            () -> (): done;
        }
    };
}

/// Those of the context of a request.
macro_rules! uncalled_of_http_context {
    () => {
        uncalled! {
            () -> Vec<(String, String)>: get_http_request_headers get_http_request_trailers get_http_response_headers
                get_http_response_trailers;
            () -> Vec<(String, Bytes)>: get_http_request_headers_bytes get_http_request_trailers_bytes
                get_http_response_headers_bytes get_http_response_trailers_bytes;
            (Vec<(&str, &str)>) -> (): set_http_request_headers set_http_request_trailers set_http_response_headers
                set_http_response_trailers;
            (Vec<(&str, &[u8])>) -> (): set_http_request_headers_bytes set_http_request_trailers_bytes
                set_http_response_headers_bytes set_http_response_trailers_bytes;
            (&str) -> Option<String>: get_http_request_header get_http_request_trailer get_http_response_header
                get_http_response_trailer;
            (&str) -> Option<Bytes>: get_http_request_header_bytes get_http_request_trailer_bytes
                get_http_response_header_bytes get_http_response_trailer_bytes;
            (&str, Option<&str>) -> (): set_http_request_header set_http_request_trailer set_http_response_header
                set_http_response_trailer;
            (&str, Option<&[u8]>) -> (): set_http_request_header_bytes set_http_request_trailer_bytes
                set_http_response_header_bytes set_http_response_trailer_bytes;
            (&str, &str) -> (): add_http_request_header add_http_request_trailer add_http_response_header
                add_http_response_trailer;
            (&str, &[u8]) -> (): add_http_request_header_bytes add_http_request_trailer_bytes
                add_http_response_header_bytes add_http_response_trailer_bytes;
            (&str) -> (): remove_http_request_header remove_http_request_trailer remove_http_response_header
                remove_http_response_trailer;
            (usize, usize) -> Option<Bytes>: get_http_request_body get_http_response_body;
            (usize, usize, &[u8]) -> (): set_http_request_body set_http_response_body;
            () -> (): resume_http_request reset_http_request resume_http_response reset_http_response;
            (u32, Vec<(&str, &str)>, Option<&[u8]>) -> (): send_http_response;
            (GrpcStatusCode, Option<&str>, Vec<(&str, &[u8])>) -> (): send_grpc_response;
        }
    };
}
