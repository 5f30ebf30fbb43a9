//! The vocabulary of the system tests.
