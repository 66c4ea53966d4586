"""Where do Heads of House and tutors act without a console: which workbook lies in whose folder, what came back in it?

`content` says what stands in a list and who may write in it, `writing` makes the file, `reading` reads a changed copy,
`collecting` judges and applies what was written in it, `folders` says where each lies, `refreshing` does it
all in turn.
"""
