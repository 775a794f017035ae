//! One document over all studies: what came out again, what did not, and a comparison that none of the
//! originals has: the energy of one inference against its operations, from a microcontroller to a
//! graphics card.

mod aggregate;
mod figures;

use dag::Stage;

use self::aggregate::{COMPARED, PLATFORMS};
use crate::closing;
use crate::stage::Setting;

/// The name of its folders.
pub(crate) const NAME: &str = "compendium";

/// Whether the document tells of a study: its prose is written for those that it does. One more needs its
/// platform here, a look in [`figures`], and words in `paper/compendium/studies.typ`.
pub(crate) fn tells_of(study: &str) -> bool {
    PLATFORMS.iter().any(|(name, _)| *name == study)
}

/// The stages over `studies`, which are declared already.
pub(crate) fn stages(setting: &Setting, studies: &[&str]) -> Vec<Stage> {
    let made = setting.made();
    let of_study = |study: &str, path: &str| format!("derived/{study}/{path}");
    let compared = |study: &str| of_study(study, &format!("records/{COMPARED}.json"));
    let mut stages = Vec::new();

    let mut reproduction = setting.stage("aggregate", "reproduction").makes_records([aggregate::REPRODUCTION]);
    for study in studies {
        reproduction = reproduction.file(study, &of_study(study, "verification.json"));
    }
    stages.push(reproduction.does(aggregate::reproduction));

    let mut comparison = setting.stage("aggregate", COMPARED);
    for study in studies.iter().filter(|study| made.contains(&compared(study))) {
        comparison = comparison.file(study, &compared(study));
    }
    let comparison = comparison.makes_records([COMPARED, aggregate::EFFICIENCY]);
    stages.push(comparison.does(aggregate::compare));
    let figure = setting.stage("figures", COMPARED).reads_record(COMPARED).makes_figure(COMPARED);
    stages.push(figure.makes_records([figures::ID]).draws(figures::energy_on_operations));

    let mut document = setting.stage("typeset", "paper");
    for study in studies {
        for file in ["verification.json", "provenance.json"] {
            document = document.file(&format!("{study}/{file}"), &of_study(study, file));
        }
        if made.contains(&compared(study)) {
            document = document.file(&format!("{study}/records/{COMPARED}.json"), &compared(study));
        }
        document = document.file(&format!("{study}/sources.toml"), &format!("raw/{study}/sources.toml"));
    }
    let report = closing::report(setting, &stages);
    stages.extend(closing::document(setting, &stages, document));
    stages.extend(report);
    stages
}
