"""What do tutors of the demo school type: targets, reviews, and values too short to count?

Every sentence passes the text test of DOMAIN rule 15 but those named otherwise, and none holds a name.
"""

TARGETS = (
    "Read the feedback on each piece of work and act on one comment every week",
    "Hand in homework on the day it is due and write deadlines in the planner",
    "Ask at least one question in every lesson of the weakest subject",
    "Use a revision timetable with three half-hour sessions a week",
    "Learn ten new key words each week and use them in written answers",
    "Plan each long answer in four bullet points before writing it",
    "Arrive at morning registration before the bell on every day of the week",
    "Attend the homework club on Tuesdays until all missing work is done",
    "Practise times tables for five minutes on four evenings a week",
    "Show the working for every calculation, even where the answer is known",
    "Keep a tidy exercise book with dates, titles and finished corrections",
    "Take part in one club or team at lunchtime this half term",
    "Redraft one essay with the help of the success criteria sheet",
    "Bring the right equipment to every lesson and check the bag at night",
    "Write a summary of each science topic on one side of a card",
    "Read for twenty minutes every evening and note three things learned",
    "Answer two past exam questions a week under timed conditions",
    "Sit away from distractions and start the first task within two minutes",
    "Speak to a teacher after the lesson when a task is not clear",
    "Raise the effort score in two subjects by one grade before the next report",
    "Prepare a short talk and give it to a small group before the holidays",
    "Use the online practice site for thirty minutes at each weekend",
    "Check spelling of subject words with the word list before handing in",
    "Set out each history answer as point, evidence and explanation",
    "Find two sources for each project and write down where they are from",
    "Finish every test within the time by moving on after two minutes",
    "Speak only in the language being learned during practice in pairs",
    "Visit the careers room and note two courses worth a closer look",
    "Help a classmate with one topic a week by explaining it aloud",
    "Complete the missing coursework sections by the end of the month",
)
REVIEWS = (
    "Met most of the target and keeps up the new routine without a reminder",
    "Homework has been on time in all but one subject since we last met",
    "Effort is up in two subjects, so we carry on with the same plan",
    "The revision timetable works well on weekdays but not yet at weekends",
    "Not met so far, and we agreed on a smaller first step together",
    "Now asks for help early and has caught up with the missing work",
    "Reading log is complete and the reading age has gone up by half a year",
    "Equipment was complete every day this half term, so the target is closed",
    "Timed answers are quicker now, and the marks have gone up a little",
    "Punctuality is much better, and only two late marks are left to explain",
)
TOO_SHORT = "See me"

ACADEMIC_ASPECTS = (
    "English Current Grade",
    "Maths Current Grade",
    "Science Current Grade",
    "History Current Grade",
    "Geography Current Grade",
)
GRADES = ("9", "8", "7", "6", "5", "4", "3", "2", "1", "4+", "5-", "W")
