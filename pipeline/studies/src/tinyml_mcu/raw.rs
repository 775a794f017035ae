//! Which raw files there are, and where they lie.

pub(super) const INFERENCES: &str = "data/A_Aggregated_energy_inference_table.pkl";
pub(super) const LAYERS: &str = "data/A_Aggregated_energy_inference_layer_table.pkl";
pub(super) const DENSE: &str =
    "data/F-combined_no-cmsis_N_01ec_DenseBenchmark_varying-input_U-440_layer_results_2021-03-31.pkl";
pub(super) const CONV: &str =
    "data/F-combined_no-cmsis_N_01dg_ConvBenchmark_SingleConv_F-100_K-1_layer_results_2021-04-01.pkl";
/// The original reads the earlier file for figure 8 and the later one for table 4.
pub(super) const DEPTHWISE_MARCH: &str =
    "data/F-combined_no-cmsis_N_01f_Depthwise-Conv_f-100_K-1_layer_results_2021-03-23.pkl";
pub(super) const DEPTHWISE_APRIL: &str =
    "data/F-combined_no-cmsis_N_01f_Depthwise-Conv_f-100_K-1_layer_results_2021-04-01.pkl";

/// Latency of whole models: board and network, and the raw file.
pub(super) const LATENCIES: [(&str, &str); 6] = [
    ("l4.lenet", "data/NUCLEO_L496ZG_LeNet-MNIST_benchmarking+verification_results_2020-07-24.pkl"),
    ("f4.lenet", "data/DISCO_F469NI_LeNet-MNIST_benchmarking+verification_results_2020-07-18.pkl"),
    ("f7.lenet", "data/NUCLEO_F767ZI_LeNet-MNIST_benchmarking+verification_results_2020-07-22.pkl"),
    ("l4.resnet", "data/NUCLEO_L496ZG_01d_ResNet20_CIFAR-10_benchmarking_results_2020-07-20.pkl"),
    ("f4.resnet", "data/DISCO_F469NI_01d_ResNet20_CIFAR-10_benchmarking_results_2020-07-19.pkl"),
    ("f7.resnet", "data/NUCLEO_F767ZI_01d_ResNet20_CIFAR-10_benchmarking_results_2020-07-22.pkl"),
];
