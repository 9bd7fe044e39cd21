"""What every function imports; pure unless it says storage, application or runtime."""
