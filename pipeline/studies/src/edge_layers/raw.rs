//! Which raw files there are, and where they lie.

pub(super) const TESTS: &str = "model_training/tests/test_data";
pub(super) const JETSON: &str = "jetson/power_logging";

/// Examples of raw logs in the original's tests, and examples of stored mappings.
pub(super) const RAW_EXAMPLES: [&str; 3] = ["simple", "multiple_readings", "multiple_layers"];
pub(super) const STORED_EXAMPLES: [&str; 2] = ["model1", "model2"];

/// Networks of the desktop, and experiments with the backends that they compare and when each ran.
pub(super) const NETWORKS: [&str; 3] = ["alexnet", "mobilenet_v2", "resnet18"];
pub(super) const BENCHMARKS: [(&str, &str, &str, &str); 15] = [
    ("torch_trt", "alexnet", "pytorch", "20241025-082351"),
    ("torch_trt", "alexnet", "torchscript", "20241025-082406"),
    ("torch_trt", "alexnet", "tensorrt", "20241025-082414"),
    ("torch_trt", "mobilenet_v2", "pytorch", "20241025-082518"),
    ("torch_trt", "mobilenet_v2", "torchscript", "20241025-082812"),
    ("torch_trt", "mobilenet_v2", "tensorrt", "20241025-082821"),
    ("torch_trt", "resnet18", "pytorch", "20241025-083217"),
    ("torch_trt", "resnet18", "torchscript", "20241025-083226"),
    ("torch_trt", "resnet18", "tensorrt", "20241025-083233"),
    ("torch_onnx_trt", "alexnet", "onnx", "20241029-191536"),
    ("torch_onnx_trt", "alexnet", "tensorrt", "20241029-191552"),
    ("torch_onnx_trt", "mobilenet_v2", "onnx", "20241029-191610"),
    ("torch_onnx_trt", "mobilenet_v2", "tensorrt", "20241029-191601"),
    ("torch_onnx_trt", "resnet18", "onnx", "20241029-191627"),
    ("torch_onnx_trt", "resnet18", "tensorrt", "20241029-191636"),
];
pub(super) const EXPERIMENTS: [&str; 2] = ["torch_trt", "torch_onnx_trt"];

/// Engines that are held: name, path.
pub(super) const ENGINES: [(&str, &str); 5] = [
    ("resnet18", "model_training/sample_data/resnet18_trt_engine_info.json"),
    ("vgg16", "model_training/sample_data/vgg16_trt_engine_info.json"),
    ("jetson5", "history/b898e2f/jetson/power_logging/results_for_testing/trt_engine_info.json"),
    ("jetson5000", "history/c57aace/jetson/power_logging/results/mobilenet_v2/trt_profiling/trt_engine_info.json"),
    ("trtexec-mobilenet_v2", "desktop/torch_onnx_trtexec/results/mobilenet_v2/mobilenet_v2_fp16.graph.json"),
];

/// Builds of mobilenet_v2: the name of the engine, and what to call the build.
pub(super) const BUILDS: [(&str, &str); 5] = [
    ("torch_trt-mobilenet_v2", "desktop, torch_trt, 25 October 2024"),
    ("torch_onnx_trt-mobilenet_v2", "desktop, torch_onnx_trt, 29 October 2024"),
    ("trtexec-mobilenet_v2", "desktop, trtexec"),
    ("jetson5000", "Jetson, 29 October 2024"),
    ("jetson5", "Jetson, 30 October 2024"),
];

pub(super) fn benchmark_path((experiment, model, backend, when): (&str, &str, &str, &str)) -> String {
    format!("desktop/{experiment}/results/{model}/{model}_{backend}_{when}.json")
}

/// Description and profile of an engine on the desktop.
pub(super) fn profiling_paths(experiment: &str, model: &str) -> [String; 2] {
    ["trt_engine_info", "trt_layer_latency"]
        .map(|file| format!("desktop/{experiment}/results/{model}/trt_profiling/{file}.json"))
}

/// A file that trtexec exports.
pub(super) fn trtexec_path(model: &str, export: &str) -> String {
    format!("desktop/torch_onnx_trtexec/results/{model}/{model}_fp16.{export}.json")
}
