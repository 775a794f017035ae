//! `trt_layer_latency.json`: how long each layer ran in each cycle.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead};

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::clock;
use crate::json::stream::{self, Elements};
use crate::json::{self, Entries, JsonError, Stopped};

const WHAT: &str = "a profile: an object with a list of run times for each layer";

/// Bytes that the name of a layer may have; the longest in a genuine file has 135. Who takes the runs may hold the name
/// with each of them.
const LONGEST_NAME: usize = 1 << 10;
/// Layers that a profile may have. Their names are held while it is read.
const MOST_LAYERS: usize = 1 << 16;

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
        Ok(Self { layers: json::document(bytes, WHAT)? })
    }

    /// The number of cycles: that of the layer with the most.
    #[must_use]
    pub fn cycles(&self) -> usize {
        self.layers.values().map(Vec::len).max().unwrap_or(0)
    }

    /// The runs cycle by cycle, in each the layers in the order of the file.
    pub fn by_cycle(&self) -> impl Iterator<Item = io::Result<CycleRun>> {
        (0..self.cycles()).flat_map(|cycle| {
            let of =
                move |(place, runs): (usize, &LayerTimes)| Some(CycleRun { cycle, place, time: *runs.get(cycle)? });
            self.layers.values().enumerate().filter_map(of).map(Ok)
        })
    }
}

/// A run of a profile that is gone through cycle by cycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CycleRun {
    /// The cycle, from 0.
    pub cycle: usize,
    /// The place of the layer in the profile, from 0.
    pub place: usize,
    /// The run.
    pub time: LayerTime,
}

/// Who takes the runs of a profile one by one.
pub trait TakeRuns {
    /// Why it may want no more.
    type Error;

    /// The runs that come next are of the layer of this name.
    ///
    /// # Errors
    /// To end the reading.
    fn layer(&mut self, name: &str) -> Result<(), Self::Error>;

    /// A run of the layer, that of the next cycle.
    ///
    /// # Errors
    /// To end the reading.
    fn run(&mut self, time: LayerTime) -> Result<(), Self::Error>;
}

/// Reads a profile of any size run by run, in the order of the file: layer after layer. What is held are the names of
/// the layers.
///
/// # Errors
/// Those of [`Profile::read`]; [`JsonError::TooLong`] and [`JsonError::TooDeep`] for what has no end, [`JsonError::Content`] for a
/// name of more than 1024 bytes and for more than 65 536 layers; and those of the taker.
pub fn each_run<T: TakeRuns>(mut from: impl BufRead, taker: &mut T) -> Result<(), Stopped<T::Error>> {
    let mut stopped = None;
    let mut give = |found: Found<'_>| {
        let taken = match found {
            Found::Layer(name) => taker.layer(name),
            Found::Run(time) => taker.run(time),
        };
        taken.map_err(|error| stopped = Some(error))
    };
    let read = read_found(&mut from, &mut give);
    stream::outcome(read, stopped)
}

/// What is found in a profile.
enum Found<'a> {
    Layer(&'a str),
    Run(LayerTime),
}

type Give<'a> = &'a mut dyn FnMut(Found<'_>) -> Result<(), ()>;

/// Compiled here, with this crate's optimisation, and not where it is called.
fn read_found(from: &mut dyn BufRead, give: Give<'_>) -> Result<(), JsonError> {
    stream::document(from, WHAT, Layers(give))
}

/// The object of a profile.
struct Layers<'a>(Give<'a>);

impl<'de> DeserializeSeed<'de> for Layers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Layers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name.len() > LONGEST_NAME {
                let (layer, found) = (seen.len() + 1, name.len());
                let problem = format!("layer {layer} has a name of {found} bytes; expected at most {LONGEST_NAME}");
                return Err(A::Error::custom(problem));
            }
            if seen.len() == MOST_LAYERS {
                return Err(A::Error::custom(format!("more layers than expected, which are at most {MOST_LAYERS}")));
            }
            (self.0)(Found::Layer(&name)).map_err(stream::stop)?;
            map.next_value_seed(Elements(&mut |time| (self.0)(Found::Run(time))))?;
            if seen.contains(&name) {
                return Err(json::twice(&name));
            }
            seen.insert(name);
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the layers that are given away.
    struct Count(usize);

    impl TakeRuns for Count {
        type Error = String;

        fn layer(&mut self, _: &str) -> Result<(), String> {
            self.0 += 1;
            Ok(())
        }

        fn run(&mut self, _: LayerTime) -> Result<(), String> {
            Ok(())
        }
    }

    /// How many layers are given away, and what is wrong with the profile.
    fn read(profile: &str) -> (usize, Option<String>) {
        let mut count = Count(0);
        let error = each_run(profile.as_bytes(), &mut count).err().map(|error| error.to_string());
        (count.0, error)
    }

    #[test]
    fn a_name_that_is_too_long_is_refused_before_it_is_given_away() {
        let profile = |bytes: usize| format!("{{\"a\": [1.5],\n\"{}\": [2.5, 3.5]}}", "n".repeat(bytes));
        assert_eq!(read(&profile(LONGEST_NAME)), (2, None));
        let (given, error) = read(&profile(LONGEST_NAME + 1));
        let error = error.unwrap();
        assert!(error.starts_with("line 2, column ") && error.contains("not a profile"), "{error}");
        assert!(error.ends_with("layer 2 has a name of 1025 bytes; expected at most 1024"), "{error}");
        assert_eq!(given, 1);
    }

    #[test]
    fn too_many_layers_are_refused() {
        let profile = |layers: usize| {
            let layers: Vec<String> = (0..layers).map(|layer| format!("\"{layer}\": []")).collect();
            format!("{{{}}}", layers.join(","))
        };
        assert_eq!(read(&profile(MOST_LAYERS)), (MOST_LAYERS, None));
        let (given, error) = read(&profile(MOST_LAYERS + 1));
        assert!(error.as_ref().is_some_and(|error| error.contains("at most 65536")), "{error:?}");
        assert_eq!(given, MOST_LAYERS);
    }
}
