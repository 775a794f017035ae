//! Keys: what makes a stage stale, and the telling of it.

use crate::canonical;
use crate::code::Code;
use crate::digest::{Digest, FieldHasher};
use crate::report::Reason;
use crate::stage::Stage;
use crate::store::{Ingredients, Manifest};

/// The key of a stage. Everything that goes in here can be told by [`reasons`], and the other way
/// round. The id goes in as the name of the function: two stages may share a source file.
pub(crate) fn key(stage: &Stage, ingredients: &Ingredients) -> Digest {
    let mut hasher = FieldHasher::new("dag key 1");
    hasher.field(stage.id.as_bytes());
    hasher.digest(&ingredients.code);
    hasher.field(ingredients.parameters.as_bytes());
    hasher.count(ingredients.inputs.len());
    for input in &ingredients.inputs {
        hasher.field(input.role.as_bytes());
        hasher.digest(&input.digest);
    }
    hasher.count(stage.outputs.len());
    for output in &stage.outputs {
        hasher.field(output.role.as_bytes());
    }
    hasher.finish()
}

/// Why a stage with these ingredients has another key than when it made `last`.
pub(crate) fn reasons(stage: &Stage, now: &Ingredients, last: &Manifest, code_then: Option<&Code>) -> Vec<Reason> {
    let then = &last.ingredients;
    let mut reasons = Vec::new();
    for input in &now.inputs {
        let before = then.inputs.iter().find(|i| i.role == input.role).map(|i| i.digest);
        if before != Some(input.digest) {
            reasons.push(Reason::Input { path: input.path.clone(), before, after: Some(input.digest) });
        }
    }
    for input in &then.inputs {
        if !now.inputs.iter().any(|i| i.role == input.role) {
            reasons.push(Reason::Input { path: input.path.clone(), before: Some(input.digest), after: None });
        }
    }
    let parameters = canonical::differences(&then.parameters, &now.parameters);
    reasons.extend(parameters.into_iter().map(|(name, before, after)| Reason::Parameter { name, before, after }));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::Used;

    fn stage(parameter: i64, code: &str) -> Stage {
        let builder = Stage::new("s").source("a", "a").source("b", "b").output("o", "o");
        builder.code(Code::of_text(code)).run_with(parameter, |_, _| Ok(()))
    }

    fn ingredients(stage: &Stage, contents: &[&str]) -> Ingredients {
        let used = |(input, content): (&crate::stage::Input, &&str)| Used {
            role: input.role.clone(),
            path: input.path.clone(),
            digest: Digest::of(content.as_bytes()),
        };
        let inputs = stage.inputs.iter().zip(contents).map(used).collect();
        Ingredients { code: stage.code.digest(), parameters: stage.parameters.clone(), inputs }
    }

    proptest! {
        /// The explanation cannot drift from the key: there is a reason if, and only if, the key
        /// is another.
        #[test]
        fn there_is_a_reason_if_and_only_if_the_key_differs(
            p1 in 0..3_i64, p2 in 0..3_i64, c1 in "[xy]", c2 in "[xy]", a1 in "[01]", a2 in "[01]", b1 in "[01]", b2 in "[01]",
        ) {
            let (then, now) = (stage(p1, &c1), stage(p2, &c2));
            let before = ingredients(&then, &[&a1, &b1]);
            let after = ingredients(&now, &[&a2, &b2]);
            let (k1, k2) = (key(&then, &before), key(&now, &after));
            let last = Manifest { key: k1, stage: "s".into(), ingredients: before, outputs: vec![], milliseconds: 0 };
            let found = reasons(&now, &after, &last, Some(&then.code));
            prop_assert_eq!(k1 == k2, found == [Reason::Declaration]);
            let told: usize = [p1 != p2, a1 != a2, b1 != b2].into_iter().map(usize::from).sum::<usize>()
                + 2 * usize::from(c1 != c2);
            prop_assert_eq!(found.len(), told.max(1));
        }
    }
}
