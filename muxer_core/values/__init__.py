"""What is said: requests, messages, stream items, usage, amounts, failures, moments. The words that every other room uses."""
