//! `trt_layer_latency.json`: how long each layer ran in each cycle.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::clock;
use crate::json::{self, Entries, JsonError};

/// A layer's run in one cycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerTime {
    /// Run time in ms.
    pub milliseconds: f64,
    /// When the profiler reported it, in nanoseconds since 1970-01-01 of the local clock; `None` in
    /// the files of the desktop, which hold the run time only.
    pub end: Option<i64>,
}

/// The runs of a layer, one for each cycle.
pub type LayerTimes = Vec<LayerTime>;

/// The layers in the order of the file, which is that of the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Runs by the name of the layer.
    pub layers: Entries<LayerTimes>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`JsonError`], naming line and column; a name that occurs twice is one.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        let layers = json::document(bytes, "a profile: an object with a list of run times for each layer")?;
        Ok(Self { layers })
    }

    /// The number of cycles: that of the layer with the most.
    #[must_use]
    pub fn cycles(&self) -> usize {
        self.layers.values().map(Vec::len).max().unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for LayerTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = LayerTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a run time in ms, or a list of it and the time of its end")
            }

            fn visit_f64<E>(self, milliseconds: f64) -> Result<LayerTime, E> {
                Ok(LayerTime { milliseconds, end: None })
            }

            #[expect(clippy::cast_precision_loss, reason = "a run time in ms")]
            fn visit_u64<E>(self, milliseconds: u64) -> Result<LayerTime, E> {
                Ok(LayerTime { milliseconds: milliseconds as f64, end: None })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LayerTime, A::Error> {
                let milliseconds = list.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let end: String = list.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                if list.next_element::<serde::de::IgnoredAny>()?.is_some() {
                    return Err(A::Error::invalid_length(3, &self));
                }
                let end = clock::compact(&end).ok_or_else(|| {
                    let end: String = end.chars().take(60).collect();
                    A::Error::custom(format!("{end:?} is no time; expected one as 20241121-00:00:01.50"))
                })?;
                Ok(LayerTime { milliseconds, end: Some(end) })
            }
        }

        deserializer.deserialize_any(Either)
    }
}
