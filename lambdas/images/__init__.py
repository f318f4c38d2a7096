"""What CloudFormation calls to have the images of our own built."""
