/*
kind: calendar
target: dim_time
key: [full_date]
# Whole years from 2024 to 2026, as the customer has them, and further where the facts go.
around: { table: time_span, column: day }
columns: { full_date: date, day_of_month: day }
week_start: sunday
first_day_number: 0
after: [fact_games, fact_player_sessions, fact_transactions, fact_access_events, fact_game_actions]
checks:
  - name: every_day_of_the_facts
    on: target
    sql: SELECT day FROM time_span LEFT JOIN dim_time ON full_date = day WHERE full_date IS NULL
*/
