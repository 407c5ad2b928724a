"""Launch files, configuration, and a runner for them where `ros2 launch` is missing."""
