"""The enterprise: a company of 25 departments behind 500 internal APIs, its data, and the gateway in front of them."""
