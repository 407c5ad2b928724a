"""Motion clips to synthetic films to the weights of the lifter. Knows no ROS."""
