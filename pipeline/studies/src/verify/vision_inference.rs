//! The study `vision-inference`: where the corrected values stand that its entries hold.

use super::{Expectation, Place};

/// All expectations of the study.
///
/// | record | what it holds |
/// | --- | --- |
/// | `inf.r03.corrected`, `trn.r03.corrected` | `rmse` and `mae` of the residuals |
/// | `inf.t09.corrected` | `kg CO2e` of the model itself |
pub fn expectations() -> Vec<Expectation> {
    let mut all = Vec::new();
    for id in ["inf.r03", "trn.r03"] {
        for name in ["rmse", "mae"] {
            let record = format!("{id}.corrected");
            all.push(Expectation::new(id, &["corrected", name], record, Place::Value(name.to_owned())));
        }
    }
    let at = Place::Column("kg CO2e".to_owned());
    all.push(Expectation::new("inf.t09", &["corrected_kg_co2e"], "inf.t09.corrected", at));
    all
}
