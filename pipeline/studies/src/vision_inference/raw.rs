//! Which raw files there are, where they lie, and what they look like.

use super::ingest::File;
use super::schema;

const MODELS: File = File {
    header: &["model", "macs", "parameters"],
    key: Some("model"),
    times: &[],
    texts: &[],
    numbers: &["macs", "parameters"],
    schema: schema::RAW_MODELS,
};
const ACCURACY: File =
    File { header: &["model", "top1", "top5"], numbers: &["top1", "top5"], schema: schema::RAW_ACCURACY, ..MODELS };
const WINDOWS: File = File {
    header: &["model", "start_time", "end_time"],
    times: &["start_time", "end_time"],
    numbers: &[],
    schema: schema::RAW_WINDOWS,
    ..MODELS
};
const RESULTS: File = File {
    header: &["model", "GFLOPS", "empirical", "kg CO2e", "top1", "top5"],
    numbers: &["empirical", "kg CO2e"],
    schema: schema::RAW_RESULTS,
    ..MODELS
};
const CARBON: File = File {
    header: &[
        "provider",
        "providerName",
        "offsetRatio",
        "region",
        "regionName",
        "country",
        "state",
        "city",
        "impact",
        "source",
        "comment",
    ],
    key: None,
    times: &[],
    texts: &["country"],
    numbers: &["impact"],
    schema: schema::RAW_CARBON,
};

/// The raw files: name of the table, path, what it looks like.
pub(super) const FILES: [(&str, &str, File); 8] = [
    ("models", "logs/models.txt", MODELS),
    ("accuracy", "logs/accuracy.csv", ACCURACY),
    ("windows-inference", "logs/pm.csv", WINDOWS),
    ("windows-training", "logs/finetune.csv", WINDOWS),
    ("windows-first", "logs/pm3db7d8e2-1899-4d49-9670-a104b34a6ab5.csv", WINDOWS),
    ("energies-inference", "at-ccae08d/results/cv_inference.csv", RESULTS),
    ("energies-training", "at-ccae08d/results/cv_training.csv", RESULTS),
    ("carbon", "mlco2-impact/data/impact.csv", CARBON),
];

/// The logs of the power monitor. They were never released: only the simulated campaign has them.
pub(super) const INFERENCE_LOG: &str = "logs/power_reading_2.csv";
pub(super) const TRAINING_LOG: &str = "logs/finetune_pm_readings.csv";
pub(super) const FIRST_LOG: &str = "logs/power_reading_1.csv";
