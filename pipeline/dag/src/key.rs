//! Keys: what makes a stage stale, and the telling of it.

use crate::canonical::{self, Difference};
use crate::code::Code;
use crate::command;
use crate::digest::{Digest, FieldHasher};
use crate::report::Reason;
use crate::stage::{Input, Stage, Work};
use crate::store::{Ingredients, Manifest, Used};

/// The key of a stage whose inputs have these digests. Everything that goes in here can be told by
/// [`reasons`], and the other way round. The id goes in as the name of the function: two stages may
/// share a source file. Of a command, arguments and environment stand in the place of parameters.
pub(crate) fn key(stage: &Stage, inputs: &[Digest]) -> Digest {
    let mut hasher = FieldHasher::new("dag key 1");
    hasher.field(stage.id.as_bytes());
    hasher.digest(&stage.code.digest());
    hasher.field(stage.parameters.as_bytes());
    hasher.count(stage.inputs.len());
    for (input, digest) in stage.inputs.iter().zip(inputs) {
        hasher.field(input.role.as_bytes());
        hasher.digest(digest);
    }
    hasher.count(stage.outputs.len());
    for output in &stage.outputs {
        hasher.field(output.role.as_bytes());
    }
    hasher.finish()
}

/// The part of a key that does not depend on contents.
pub(crate) fn recipe(stage: &Stage) -> Digest {
    // No content has this digest, and it stands for any.
    key(stage, &vec![Digest::from_bytes([0; 32]); stage.inputs.len()])
}

/// The same in full, to be written down beside the key.
pub(crate) fn ingredients(stage: &Stage, inputs: &[Digest]) -> Ingredients {
    let used = |(input, &digest): (&Input, &Digest)| Used {
        role: input.role.to_string(),
        path: input.path.to_string(),
        digest,
    };
    let inputs = stage.inputs.iter().zip(inputs).map(used).collect();
    Ingredients { code: stage.code.digest(), parameters: stage.parameters.clone(), inputs }
}

/// Why a stage with these ingredients has another key than when it made `last`.
pub(crate) fn reasons(stage: &Stage, now: &Ingredients, last: &Manifest, code_then: Option<&Code>) -> Vec<Reason> {
    let then = &last.ingredients;
    let mut reasons = Vec::new();
    for input in &now.inputs {
        let before = then.digest(&input.role);
        if before != Some(input.digest) {
            reasons.push(Reason::Input { path: input.path.clone(), before, after: Some(input.digest) });
        }
    }
    for input in &then.inputs {
        if now.digest(&input.role).is_none() {
            reasons.push(Reason::Input { path: input.path.clone(), before: Some(input.digest), after: None });
        }
    }
    let parameters = canonical::differences(&then.parameters, &now.parameters);
    reasons.extend(parameters.into_iter().map(|difference| parameter(stage, difference)));
    if then.code != now.code {
        let changed = code_then.map(|then| stage.code.differences(then)).unwrap_or_default();
        if changed.is_empty() {
            let (before, after) = (Some(then.code.short()), Some(now.code.short()));
            reasons.push(Reason::Code { part: "as a whole".to_owned(), before, after });
        }
        reasons.extend(changed.into_iter().map(|(part, before, after)| Reason::Code { part, before, after }));
    }
    if reasons.is_empty() {
        reasons.push(Reason::Declaration);
    }
    reasons
}

/// A parameter, or what stands in the place of parameters for a command, is another.
fn parameter(stage: &Stage, (name, before, after): Difference) -> Reason {
    if let Work::Command = stage.work {
        if name == "arguments" {
            let told = |arguments: Option<String>| arguments.as_deref().map(command::told);
            return Reason::Command { before: told(before), after: told(after) };
        }
        if let Some(name) = name.strip_prefix("environment.") {
            return Reason::Environment { name: name.to_owned(), before, after };
        }
    }
    Reason::Parameter { name, before, after }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command::Command;

    /// What a stage is made of: all that its key depends on, and how often each was changed.
    type Made<'a> = (Stage, Vec<Digest>, [usize; 5]);

    fn function(parameter: usize, code: usize, a: usize, b: usize) -> Made<'static> {
        let builder = Stage::new("s").source("a", "a").source("b", "b").output("o", "o");
        let stage = builder.code(Code::of_text(&code.to_string())).run_with(parameter, |_, _| Ok(()));
        (stage, digests([a, b]), [parameter, 0, code, a, b])
    }

    fn command(line: usize, variable: usize, code: usize, a: usize, b: usize) -> Made<'static> {
        let builder = Stage::new("s").source("a", "a").source("b", "b").output("o", "o");
        let command = Command::shell(line.to_string()).env("LANG", variable.to_string());
        let stage = builder.code(Code::of_text(&code.to_string())).command(command);
        (stage, digests([a, b]), [line, variable, code, a, b])
    }

    fn digests(contents: [usize; 2]) -> Vec<Digest> {
        contents.iter().map(|content| Digest::of(content.to_string().as_bytes())).collect()
    }

    /// The explanation cannot drift from the key: there is a reason if, and only if, the key is
    /// another, and one for each thing that changed (two for code that is told by its text: the
    /// old one is gone, the new one is new).
    fn check(then: &Made<'_>, now: &Made<'_>) -> Result<Vec<Reason>, TestCaseError> {
        let (k1, k2) = (key(&then.0, &then.1), key(&now.0, &now.1));
        let ingredients_then = ingredients(&then.0, &then.1);
        let last =
            Manifest { key: k1, stage: "s".into(), ingredients: ingredients_then, outputs: vec![], milliseconds: 0 };
        let found = reasons(&now.0, &ingredients(&now.0, &now.1), &last, Some(&then.0.code));
        prop_assert_eq!(k1 == k2, found == [Reason::Declaration]);
        let changed = |i: usize| usize::from(then.2[i] != now.2[i]);
        let told = changed(0) + changed(1) + 2 * changed(2) + changed(3) + changed(4);
        prop_assert_eq!(found.len(), told.max(1));
        Ok(found)
    }

    proptest! {
        #[test]
        fn there_is_a_reason_if_and_only_if_the_key_of_a_function_differs(then: [u8; 4], now: [u8; 4]) {
            let made = |x: [u8; 4]| function(usize::from(x[0] % 2), usize::from(x[1] % 2), usize::from(x[2] % 2), usize::from(x[3] % 2));
            check(&made(then), &made(now))?;
        }

        #[test]
        fn there_is_a_reason_if_and_only_if_the_key_of_a_command_differs(then: [u8; 5], now: [u8; 5]) {
            let made = |x: [u8; 5]| {
                let x = x.map(|byte| usize::from(byte % 2));
                command(x[0], x[1], x[2], x[3], x[4])
            };
            let found = check(&made(then), &made(now))?;
            prop_assert!(!found.iter().any(|reason| matches!(reason, Reason::Parameter { .. })), "{found:?}");
        }
    }

    #[test]
    fn a_changed_command_is_told_in_a_sentence_for_each_thing() {
        let found = check(&command(1, 2, 3, 4, 5), &command(2, 3, 3, 4, 5)).unwrap();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["its command changed from `1` to `2`", "environment variable LANG changed from \"2\" to \"3\""]
        );
    }
}
