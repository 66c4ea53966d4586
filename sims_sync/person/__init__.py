"""What is held on one person, student or staff: how it is told to them, and how it is erased (DOMAIN §8)?"""
