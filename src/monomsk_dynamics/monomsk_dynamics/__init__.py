"""From a moving body to the torques and ground forces behind it; algorithms without ROS."""
