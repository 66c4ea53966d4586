"""How long are the product's own copies kept, in the store and in files, and what proves that they went (DOMAIN §8)?"""
