"""What comes in: verified while the sender waits, booked at our own pace, read back where it says too little."""
