"""Commands about what agents must do now."""
