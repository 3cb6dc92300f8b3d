DROP VIEW user_features_view;
