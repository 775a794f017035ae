//! Buckets of Amazon S3, and of services like it.

use std::env;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use url::Url;

use crate::http::Ureq;
use crate::{OpenError, Purpose, is_loopback, retries, told};

/// What names an identity. A machine that has one without any of these, as virtual machines of Amazon
/// do, is not asked for it: elsewhere that takes long to fail.
const IDENTITIES: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Opens `s3://bucket/prefix` as the environment says.
pub(crate) fn open(url: &Url, purpose: Purpose) -> Result<Box<dyn ObjectStore>, OpenError> {
    let settings = |why: String| OpenError::Settings { url: url.to_string(), why };
    let Some(bucket) = url.host_str() else {
        return Err(OpenError::Address { url: url.to_string(), why: "it names no bucket".to_owned() });
    };
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retries(purpose));
    let mut loopback = false;
    if let Some(endpoint) =
        set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL")).or_else(|| set("AWS_ENDPOINT"))
    {
        let parsed = Url::parse(&endpoint);
        let parsed = parsed.map_err(|error| settings(format!("AWS_ENDPOINT_URL={endpoint} is no URL: {error}")))?;
        loopback = is_loopback(&parsed);
        if parsed.scheme() != "https" && !loopback {
            let why =
                format!("AWS_ENDPOINT_URL={endpoint} would send what you read and write in the clear: use https://");
            return Err(settings(why));
        }
        builder = builder.with_allow_http(loopback);
    }
    if !IDENTITIES.iter().any(|name| set(name).is_some()) {
        if purpose == Purpose::Write {
            return Err(settings(format!("nobody is named who may write to it: set {}", IDENTITIES[0])));
        }
        builder = builder.with_skip_signature(true);
    }
    let store = builder.with_http_connector(Ureq::new(purpose, loopback)).build();
    let store = store.map_err(|error| settings(told(&error)))?;
    Ok(Box::new(PrefixStore::new(store, url.path().trim_matches('/'))))
}
