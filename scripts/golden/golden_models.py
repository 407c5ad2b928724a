"""The models that golden files are made of, in the folder of reference data."""

MODELS = {
    "rajagopal2016": "models/Rajagopal2016.osim",
    "rajagopal_lai_uhlrich2023": "models/RajagopalLaiUhlrich2023.osim",
    "subject_walk_scaled": "mocap_walking_3d/subject_walk_scaled.osim",
    "rajagopal2015_scaled": "mocap_running_bmc/Scale/Rajagopal2015_scaled2.osim",
    "gait2392": "opensim_pipelines/Gait2392_Simbody/OutputReference/subject01_simbody.osim",
}
