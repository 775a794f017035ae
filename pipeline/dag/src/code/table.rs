//! The table of code that a build script wrote.

use super::{Code, Part};
use crate::digest::Digest;

/// What the build script wrote: parts `(name, version, digest)`, and for each module of the crate
/// the places of its parts in that list. Modules are sorted by name.
pub struct Table {
    /// Name of the crate.
    pub home: &'static str,
    /// All parts.
    pub parts: &'static [(&'static str, &'static str, [u8; 32])],
    /// Module path within the crate, such as `tinyml_mcu::stats`, and its parts.
    pub modules: &'static [(&'static str, &'static [usize])],
}

impl Table {
    /// The code behind the function with the given `type_name`, such as
    /// `studies::tinyml_mcu::stats::fig5`: that of the innermost module on the path. `None` for what
    /// is no item of this crate.
    pub fn code_of(&self, function: &str) -> Option<Code> {
        // Anything else, such as the type of a function pointer, says nothing of where code stands.
        let path = function.strip_prefix('<').unwrap_or(function);
        let mut path = path.strip_prefix(self.home)?.strip_prefix("::")?;
        loop {
            path = path.rsplit_once("::")?.0;
            if let Ok(found) = self.modules.binary_search_by(|(module, _)| module.cmp(&path)) {
                let parts = self.modules[found].1.iter().filter_map(|&i| self.parts.get(i));
                let parts = parts.map(|&(name, version, digest)| {
                    let version = (!version.is_empty()).then(|| version.into());
                    Part { name: name.into(), version, digest: Digest::from_bytes(digest) }
                });
                return Some(Code::new(parts.collect()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_the_code_of_a_function() {
        const TABLE: Table =
            Table { home: "home", parts: &[("a.rs", "", [7; 32])], modules: &[("study", &[]), ("study::a", &[0])] };
        let code = TABLE.code_of("home::study::a::Maker::run").unwrap();
        let digest = Digest::from_bytes([7; 32]);
        assert_eq!(code.parts(), [Part { name: "a.rs".into(), version: None, digest }]);
        assert!(TABLE.code_of("<home::study::a::Maker as Make>::run").is_some());
        for foreign in
            ["home::other::run", "else::study::a::run", "homes::study::a::run", "fn(&home::study::a::X) -> u8"]
        {
            assert!(TABLE.code_of(foreign).is_none(), "{foreign}");
        }
    }
}
