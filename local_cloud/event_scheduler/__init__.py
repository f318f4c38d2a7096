"""EventBridge Scheduler: MiniStack keeps schedules, this fires them as AWS does."""
