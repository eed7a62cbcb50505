//! The methods the server has, read from the compiled contracts: what metrics, limits and tokens go by.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost::Message;
use prost_types::FileDescriptorSet;

use super::pb;

/// One method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Method {
    /// Full name of its service, such as `speechtag.v1.TaggingService`.
    pub service: String,
    /// Its name, such as `TagDocument`.
    pub name: String,
    /// Whether requests or answers come as a stream.
    pub streaming: bool,
    /// As the metrics name it: `unary`, `client_stream`, `server_stream` or `bidi_stream`.
    pub kind: &'static str,
}

impl Method {
    /// Whether the server has no such method.
    pub fn is_unknown(&self) -> bool {
        std::ptr::eq(self, LazyLock::force(&UNKNOWN))
    }

    /// Whether the method changes the server.
    pub fn is_admin(&self) -> bool {
        self.service == pb::admin_service_server::SERVICE_NAME
    }

    /// Whether the method asks for the server's health.
    pub fn is_health(&self) -> bool {
        self.service == tonic_health::pb::health_server::SERVICE_NAME
    }

    /// Whether the method tags, and so costs what limits are there for.
    pub fn tags(&self) -> bool {
        self.service == pb::tagging_service_server::SERVICE_NAME
    }
}

/// Whatever the server does not have: one row in the metrics, so that a client can't make them grow.
static UNKNOWN: LazyLock<Method> = LazyLock::new(|| Method {
    service: "unknown".to_owned(),
    name: "unknown".to_owned(),
    streaming: false,
    kind: "unary",
});

/// The contracts of every service there can be.
pub(super) const DESCRIPTORS: [&[u8]; 4] = [
    pb::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// By path, such as `/speechtag.v1.TaggingService/TagDocument`.
static METHODS: LazyLock<BTreeMap<String, Method>> = LazyLock::new(|| {
    let mut methods = BTreeMap::new();
    // The sets are compiled in, and reflection refuses to start on one that does not decode.
    for file in DESCRIPTORS.into_iter().filter_map(|set| FileDescriptorSet::decode(set).ok()).flat_map(|set| set.file) {
        for service in &file.service {
            let full = format!("{}.{}", file.package(), service.name());
            for method in &service.method {
                let kind = match (method.client_streaming(), method.server_streaming()) {
                    (false, false) => "unary",
                    (true, false) => "client_stream",
                    (false, true) => "server_stream",
                    (true, true) => "bidi_stream",
                };
                let path = format!("/{full}/{}", method.name());
                let streaming = kind != "unary";
                methods.insert(path, Method { service: full.clone(), name: method.name().to_owned(), streaming, kind });
            }
        }
    }
    methods
});

/// The method at `path`, or the one row for all that are none.
pub(super) fn at(path: &str) -> &'static Method {
    METHODS.get(path).unwrap_or_else(|| LazyLock::force(&UNKNOWN))
}

/// Every method, and the row for those that are none.
pub(super) fn all() -> impl Iterator<Item = &'static Method> {
    METHODS.values().chain([LazyLock::force(&UNKNOWN)])
}
